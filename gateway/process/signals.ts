// Turns the signals of this process into calls.

export interface SignalHandlers {
  /** SIGTERM or SIGINT came, for the first time. */
  readonly onStop: () => void;
  /** SIGHUP came. */
  readonly onReload: () => void;
  /** SIGUSR2 came: files that are written to may have been moved away. */
  readonly onReopen: () => void;
}

/** A second SIGTERM or SIGINT ends the process at once. @returns stops listening */
export function onSignals({ onStop, onReload, onReopen }: SignalHandlers): () => void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    onStop();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', onReload);
  process.on('SIGUSR2', onReopen);
  return () => {
    process.off('SIGTERM', stop);
    process.off('SIGINT', stop);
    process.off('SIGHUP', onReload);
    process.off('SIGUSR2', onReopen);
  };
}
