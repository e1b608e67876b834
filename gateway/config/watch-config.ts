// Watches a configuration and everything it names, and reports when what they say has changed.
import { type StatsListener, unwatchFile, watchFile } from 'node:fs';
import { type Loaded, type ReadConfig, readConfig } from './read-config.ts';

export interface WatchSettings {
  readonly file: string;
  readonly env: NodeJS.ProcessEnv;
  /** How often the files are looked at. */
  readonly intervalMs: number;
  readonly onChange: (loaded: Loaded) => void;
  /** What runs now: a change between that load and the start of the watch is reported too. */
  readonly since?: Loaded;
}

export interface ConfigWatch {
  /** Loads and reports now, changed or not; for SIGHUP. */
  readonly reload: () => void;
  readonly close: () => void;
}

/** Several files of one swap change within moments of each other. */
const SETTLE_MS = 100;

/**
 * Watches by polling, because `fs.watch` goes deaf at the first atomic rename or ConfigMap swap. A report is made when the contents
 * or the variables differ from the last load, which may have failed; a new time stamp alone is no change.
 */
export function watchConfig({ file, env, intervalMs, onChange, since }: WatchSettings): ConfigWatch {
  const watched = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const first = readConfig(file, env);
  let reported = since?.ok ? since.config.digest : first.digest;

  const onStat: StatsListener = () => schedule(Math.min(SETTLE_MS, intervalMs));

  function schedule(delayMs: number): void {
    if (closed) return;
    clearTimeout(timer);
    timer = setTimeout(reportChange, delayMs).unref();
  }

  function reportChange(): void {
    const next = readConfig(file, env);
    follow(next.loaded);
    if (next.digest !== reported) report(next);
  }

  function report(next: ReadConfig): void {
    reported = next.digest;
    onChange(next.loaded);
  }

  function follow(loaded: Loaded): void {
    const files = new Set(loaded.ok ? loaded.config.files : loaded.files);
    const added = [...files].filter((name) => !watched.has(name));
    for (const name of watched) if (!files.has(name)) unwatchFile(name, onStat);
    for (const name of added) watchFile(name, { interval: intervalMs, persistent: false }, onStat);
    watched.clear();
    for (const name of files) watched.add(name);
    // The first poll of a new file may come after a change that nobody saw.
    if (added.length > 0) schedule(intervalMs);
  }

  follow(first.loaded);

  return {
    reload() {
      if (closed) return;
      const next = readConfig(file, env);
      follow(next.loaded);
      report(next);
    },
    close() {
      closed = true;
      clearTimeout(timer);
      for (const name of watched) unwatchFile(name, onStat);
      watched.clear();
    },
  };
}
