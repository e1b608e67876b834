// `meta`: which keys of a request's `_meta` pass, for all endpoints or for one.
import { choice } from './choice.ts';
import { listOf } from './list-of.ts';
import { section } from './section.ts';
import { text } from './text.ts';

/** Characters of `_meta` keys (basic, "General fields: _meta"), and stars. */
const KEY = /^(?:[A-Za-z0-9.*-]+\/)?[A-Za-z0-9._*-]*$/;
/** Prefixes whose second label is one of these belong to the protocol, which says itself what passes. */
const RESERVED = /^[^./]*\.(?:modelcontextprotocol|mcp)[./]/i;

export const META = section("Keys of `_meta` in requests that pass beyond the protocol's own.", {
  allow: listOf(
    'Keys that pass, or globs of them.',
    text({
      description: 'A key of `_meta`, or a glob such as com.example/*.',
      expected:
        'a key of `_meta` such as com.example/tenant, or a glob such as com.example/*, without a prefix that the protocol reserves',
      find: (key) => (key.length > 0 && key.length <= 256 && KEY.test(key) && !RESERVED.test(key) ? key : undefined),
    }),
  ).prefault([]),
  mode: choice('What becomes of all others: remove takes them out, strict refuses the request.', [
    'remove',
    'strict',
  ]).prefault('remove'),
});
