// Lets several editors work on one answer, each on what the one before it made.
import type { AnswerEditor } from './answer-editor.ts';

/**
 * @param editors in the order in which they see a message; undefined ones are left out
 * @returns undefined when there is nothing to do
 */
export function chainEditors(editors: readonly (AnswerEditor | undefined)[]): AnswerEditor | undefined {
  const chain = editors.filter((editor) => editor !== undefined);
  if (chain.length < 2) return chain[0];
  return {
    needsWhole: chain.some(({ needsWhole }) => needsWhole),
    holdsOpening: chain.some(({ holdsOpening }) => holdsOpening === true),
    edit(message, kind) {
      let passing = message;
      for (const editor of chain) {
        const edited = editor.edit(passing, kind);
        if (edited === undefined || typeof edited === 'string') return edited;
        passing = edited;
      }
      return passing;
    },
  };
}
