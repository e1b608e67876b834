// Keeps several gateway processes running, and answers for all of them on the admin listener.
import cluster, { type Worker } from 'node:cluster';
import { toAssertionJwks } from '../compose-credentials.ts';
import { type Check, makeAdminApp } from '../edge/admin-app.ts';
import { toPort } from '../edge/mcp-server.ts';
import { Log } from '../observe/log.ts';
import { renderSnapshots } from '../observe/metrics.ts';
import { makeWorkerAsker } from './ask-workers.ts';
import { type ConfigFile, followConfig } from './follow-config.ts';
import { isToPrimary, type ToWorker } from './messages.ts';
import { onSignals } from './signals.ts';
import { WorkerPlaces } from './worker-places.ts';

/** A worker that cannot start would otherwise be started again without pause. */
const RESTART_AFTER_MS = 1000;
/** Past its own grace a worker that does not end is killed. */
const KILL_AFTER_GRACE_MS = 10_000;

/** @returns the exit code once a signal has ended the gateway: 0 when every worker drained */
export async function runPrimary(file: ConfigFile): Promise<number> {
  const { config } = file.loaded;
  let inForce = config;
  const log = new Log(config.telemetry.log);
  const listening = new Set<number>();
  let started = false;
  let stopping = false;
  const asker = makeWorkerAsker();
  const places = new WorkerPlaces();

  const firstListening = new Promise<void>((resolve, reject) => {
    cluster.on('message', (worker, message: unknown) => {
      if (!isToPrimary(message)) return;
      if (message.tollgate === 'answer') {
        asker.take(message.id, message.answer);
        return;
      }
      if (message.tollgate === 'ready to start') {
        send(worker, { tollgate: 'start', config: inForce, worker: places.take(worker.id) });
        return;
      }
      listening.add(worker.id);
      if (listening.size === config.workers) resolve();
    });
    cluster.on('exit', (worker, code, signal) => {
      listening.delete(worker.id);
      places.leave(worker.id);
      if (stopping) return;
      log.pino.error({ worker: worker.process.pid, code, signal }, 'worker ended');
      // A port that cannot be had, for one, cannot be had a second later either.
      if (code === 1 && !started) reject(new Error('no worker could start; see the lines above'));
      else setTimeout(() => stopping || cluster.fork(), RESTART_AFTER_MS);
    });
  });

  const toListening = (): Worker[] => toWorkers().filter((worker) => listening.has(worker.id));

  async function askChecks(worker: Worker): Promise<readonly Check[]> {
    const silent = [{ name: 'answers', ok: false, decides: false }];
    const checks = (await asker.ask(worker, 'checks')) ?? silent;
    return checks.map((check) => ({ ...check, name: `worker ${worker.process.pid}: ${check.name}`, decides: false }));
  }

  const admin = makeAdminApp({
    // One worker that restarts or hangs does not take the others out of rotation.
    async checks() {
      const workers = toListening();
      const ready = { name: 'workers', ok: !stopping && workers.length > 0, decides: true };
      const detail = `${workers.length} of ${config.workers} listening`;
      return [{ ...ready, detail }, ...(await Promise.all(workers.map(askChecks))).flat()];
    },
    assertionKeys: () => toAssertionJwks(inForce),
    async scrape(accept) {
      const snapshots = await Promise.all(toListening().map((worker) => asker.ask(worker, 'metrics')));
      return renderSnapshots(
        snapshots.filter((snapshot) => snapshot !== undefined),
        accept,
      );
    },
  });

  const { host, port } = config.admin;
  await admin.listen({ host, port });
  log.pino.info({ host, port: toPort(admin.server), workers: config.workers }, 'admin listening');
  const watch = followConfig(file, {
    log,
    apply(next) {
      inForce = next;
      log.setLevel(next.telemetry.log.level);
      for (const worker of toWorkers()) send(worker, { tollgate: 'apply', config: next });
    },
    onOutcome(outcome) {
      const [first] = toWorkers();
      if (first !== undefined) send(first, { tollgate: 'count reload', outcome });
    },
  });
  const stopped = new Promise<void>((resolve) => {
    onSignals({
      onStop: resolve,
      onReload: () => watch.reload(),
      onReopen() {
        for (const worker of toWorkers()) send(worker, { tollgate: 'reopen' });
      },
    });
  });
  // Configurations hold maps, which JSON does not carry.
  cluster.setupPrimary({ serialization: 'advanced' });
  for (let i = 0; i < config.workers; i++) cluster.fork();
  try {
    await Promise.race([firstListening, stopped]);
  } catch (error) {
    stopping = true;
    watch.close();
    for (const worker of toWorkers()) worker.kill();
    await admin.close();
    throw error;
  }
  started = true;
  await stopped;
  stopping = true;
  watch.close();
  const codes = await Promise.all(toWorkers().map((worker) => end(worker, config.drain)));
  await admin.close();
  log.flush();
  return codes.every((code) => code === 0) ? 0 : 1;
}

function toWorkers(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
}

function send(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message);
}

function end(worker: Worker, drain: { readonly graceMs: number; readonly noticeMs: number }): Promise<number | null> {
  return new Promise((resolve) => {
    const killer = setTimeout(
      () => worker.process.kill('SIGKILL'),
      drain.noticeMs + drain.graceMs + KILL_AFTER_GRACE_MS,
    );
    worker.process.once('exit', (code) => {
      clearTimeout(killer);
      resolve(code);
    });
    send(worker, { tollgate: 'drain' });
  });
}
