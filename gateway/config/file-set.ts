// The files one configuration is made of: reads them, remembers which they were, and digests what they said.
import { createHash } from 'node:crypto';
import path from 'node:path';
import { findVariable } from './interpolate.ts';
import { type FileRead, readFile } from './read-file.ts';

export interface FileSet {
  /** Reads a file once, whatever number of keys name it; relative names start at the configuration file. */
  readonly read: (name: string, maxBytes: number) => FileRead;
  /** The absolute path a name stands for. */
  readonly toPath: (name: string) => string;
  /** Absolute paths of all files read or missed, in order. */
  readonly files: () => readonly string[];
  /** 16 hex digits over the outcome of every read and the value of every variable. */
  readonly digest: (variables: ReadonlySet<string>, env: NodeJS.ProcessEnv) => string;
}

/** A set whose relative names start in the directory of `configFile`. */
export function makeFileSet(configFile: string): FileSet {
  const base = path.dirname(path.resolve(configFile));
  const reads = new Map<string, FileRead>();

  const toPath = (name: string): string => path.resolve(base, name);

  function read(name: string, maxBytes: number): FileRead {
    const file = toPath(name);
    const known = reads.get(file);
    if (known !== undefined) return known;
    const outcome = readFile(file, maxBytes);
    reads.set(file, outcome);
    return outcome;
  }

  function digest(variables: ReadonlySet<string>, env: NodeJS.ProcessEnv): string {
    const hash = createHash('sha256');
    // Lengths go first, so that no two sets of parts look alike once joined.
    const add = (part: string | Buffer): void => {
      hash.update(`${Buffer.byteLength(part)}:`).update(part);
    };
    for (const outcome of reads.values()) {
      add(outcome.ok ? 'read' : 'missed');
      add(outcome.ok ? outcome.bytes : outcome.why);
    }
    for (const name of [...variables].toSorted()) {
      const value = findVariable(env, name);
      add(name);
      add(value === undefined ? 'unset' : 'set');
      add(value ?? '');
    }
    return hash.digest('hex').slice(0, 16);
  }

  return { read, toPath, digest, files: () => [...reads.keys()] };
}
