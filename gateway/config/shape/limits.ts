// `limits`, `workers` and `drain`: how much one process takes, and how it leaves.
import { duration } from './duration.ts';
import { integer } from './integer.ts';
import { section } from './section.ts';
import { size } from './size.ts';

export const LIMITS = section('What one request and one process may take.', {
  body: size('Largest request body.', 2 ** 30, '1GiB').prefault('1MiB'),
  headers: size('Largest header block of a request. A change needs a restart.', 2 ** 20, '1MiB').prefault('16KiB'),
  requestTimeout: duration('How long a client may take to send its whole request.').prefault('10s'),
  connections: integer('Most client connections at once, per worker. A change needs a restart.', 1, 1_000_000).prefault(
    10_000,
  ),
  inFlight: integer('Most requests in work at once, open streams included, per worker.', 1, 1_000_000).prefault(10_000),
  queuedBytes: size('Most bytes of request bodies held at once, per worker.', 2 ** 36, '64GiB').prefault('256MiB'),
  eventLoopDelay: duration('Delay of the event loop beyond which new requests are turned away; 0: never.', {
    zero: true,
  }).prefault('500ms'),
}).prefault({});

export const WORKERS = integer('Processes that share the port. A change needs a restart.', 1, 256).prefault(1);

export const DRAIN = section('How the process leaves after SIGTERM.', {
  grace: duration('How long requests in flight may go on before they are cut.', { zero: true }).prefault('30s'),
  notice: duration('How long /readyz says no before the listener stops accepting.', { zero: true }).prefault('0s'),
}).prefault({});
