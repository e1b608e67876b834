// Makes the change events of one instance reach the subscribers of all: its parent process passes them on.
import type { ServerEvent, ServerEventBus } from '@modelcontextprotocol/server';
import { InMemoryServerEventBus } from '@modelcontextprotocol/server';

/** What travels between an instance and its parent, both ways. */
export interface RelayedEvent {
  readonly published: ServerEvent;
}

/** Without a parent that listens it is a bus for this process alone. */
export function makeRelayedEventBus(): ServerEventBus {
  const local = new InMemoryServerEventBus();
  process.on('message', (message) => {
    if (typeof message === 'object' && message !== null && 'published' in message)
      local.publish((message as RelayedEvent).published);
  });
  return {
    publish(event) {
      local.publish(event);
      if (process.connected) process.send?.({ published: event } satisfies RelayedEvent);
    },
    subscribe: (listener) => local.subscribe(listener),
  };
}
