// Runs one of several gateway processes that share a port; the primary speaks for them on the admin listener.

import type { App } from '../app.ts';
import type { GatewayConfig } from '../config/gateway-config.ts';
import { type Answers, isToWorker, type Question, type ToPrimary, type ToWorker } from './messages.ts';
import { startApp } from './running-app.ts';

/** @returns the exit code once the primary has asked for a drain, or is gone */
export async function runWorker(): Promise<number> {
  // The terminal sends its signals to every process of the group; only the primary acts on them.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2'] as const) process.on(signal, () => {});
  const { config: first, worker } = await receiveStart();
  const { app, log, started, stop } = startApp(first, worker);
  let applying: Promise<void> = Promise.resolve();
  const told = new Promise<void>((resolve) => {
    process.on('disconnect', resolve);
    onMessage((message) => {
      switch (message.tollgate) {
        case 'drain':
          resolve();
          break;
        case 'reopen':
          app.reopenAudit();
          break;
        case 'count reload':
          app.metrics.countReload(message.outcome);
          break;
        case 'question':
          void answer(app, message.question).then((given) =>
            tell({ tollgate: 'answer', id: message.id, answer: given }),
          );
          break;
        case 'apply':
          applying = applying
            .then(() => apply(message.config))
            .catch((err: unknown) => log.pino.error({ err }, 'reload failed'));
          break;
        case 'start':
      }
    });
  });

  async function apply(config: GatewayConfig): Promise<void> {
    await app.apply(config);
    log.pino.info({ config: config.digest }, 'configuration in force');
  }

  try {
    await Promise.race([started.then(() => tell({ tollgate: 'listening' })), told]);
    await told;
  } finally {
    await stop();
  }
  return 0;
}

async function answer(app: App, question: Question): Promise<Answers[Question]> {
  return question === 'checks' ? app.checks() : app.metrics.snapshot();
}

function receiveStart(): Promise<ToWorker & { readonly tollgate: 'start' }> {
  return new Promise((resolve, reject) => {
    process.once('disconnect', () => reject(new Error('the primary is gone')));
    onMessage((message) => {
      if (message.tollgate === 'start') resolve(message);
    });
    tell({ tollgate: 'ready to start' });
  });
}

function onMessage(listener: (message: ToWorker) => void): void {
  process.on('message', (message: unknown) => {
    if (isToWorker(message)) listener(message);
  });
}

function tell(message: ToPrimary): void {
  process.send?.(message);
}
