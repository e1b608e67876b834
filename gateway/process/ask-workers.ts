// Asks workers a question and waits for their answers, but not for long: one that hangs or dies must not silence the rest.
import type { Worker } from 'node:cluster';
import type { Answers, Question, ToWorker } from './messages.ts';

const ANSWER_WITHIN_MS = 1000;

export interface WorkerAsker {
  /** undefined when the worker did not answer in time. */
  ask<Q extends Question>(worker: Worker, question: Q): Promise<Answers[Q] | undefined>;
  /** Takes an answer that came in. */
  take(id: number, answer: unknown): void;
}

export function makeWorkerAsker(): WorkerAsker {
  const waiting = new Map<number, (answer: unknown) => void>();
  let lastId = 0;
  return {
    async ask<Q extends Question>(worker: Worker, question: Q) {
      if (!worker.isConnected()) return undefined;
      const id = ++lastId;
      try {
        return await new Promise<Answers[Q] | undefined>((resolve) => {
          const timer = setTimeout(() => resolve(undefined), ANSWER_WITHIN_MS);
          waiting.set(id, (answer) => {
            clearTimeout(timer);
            resolve(answer as Answers[Q]);
          });
          worker.send({ tollgate: 'question', id, question } satisfies ToWorker, (error) => {
            if (error !== null) waiting.get(id)?.(undefined);
          });
        });
      } finally {
        waiting.delete(id);
      }
    },
    take: (id, answer) => waiting.get(id)?.(answer),
  };
}
