// `extensions`: which MCP extensions exist for clients, for all endpoints or for one.
import { mapOf } from './map-of.ts';
import { scalar, VARIABLE } from './scalar.ts';
import { section } from './section.ts';

/** An extension id is a `_meta` key whose prefix is not optional (basic, "General fields: _meta"). */
const LABEL = '[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?';
const ID = new RegExp(`^${LABEL}(?:\\.${LABEL})*/[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$`);

const EVERYONE = scalar<true>({
  description: 'true: every caller who may use the endpoint.',
  read: (raw) => (raw === true || raw === 'true' ? { value: true } : { expected: 'true' }),
  schema: { anyOf: [{ const: true }, VARIABLE] },
});

const GRANT = section('For whom the extension exists.', {
  to: section('Who may use it.', { everyone: EVERYONE }, [
    'scopes',
    'groups',
    'subjects',
    'clients',
    'issuers',
    'claims',
  ]),
});

export const EXTENSIONS = mapOf(
  'Extensions that exist for clients, by id; those of an endpoint are added to these. What is not listed does not exist.',
  { pattern: ID, expected: 'an extension id such as io.modelcontextprotocol/tasks' },
  GRANT,
);
