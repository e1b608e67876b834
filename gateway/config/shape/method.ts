// The shape of a method, or of a glob that fits one.
import { METHODS } from '../../mcp/methods.ts';
import { compileNamePattern } from '../../mcp/name-pattern.ts';
import { isGlob } from './glob.ts';
import { text } from './text.ts';

const NAMES = [...METHODS.keys()];

export const METHOD = text({
  description: 'A method, or a glob such as */list.',
  expected: `a method of MCP, or a glob that fits one of ${NAMES.join(', ')}`,
  find: (glob) => (isGlob(glob) && NAMES.some(compileNamePattern(glob)) ? glob : undefined),
  offers: NAMES,
});
