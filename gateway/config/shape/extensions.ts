// `extensions`: which MCP extensions exist for clients, for all endpoints or for one.
import { GRANT } from './grant.ts';
import { mapOf } from './map-of.ts';
import { section } from './section.ts';

/** An extension id is a `_meta` key whose prefix is not optional (basic, "General fields: _meta"). */
const LABEL = '[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?';
const ID = new RegExp(`^${LABEL}(?:\\.${LABEL})*/[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$`);

export const EXTENSIONS = mapOf(
  'Extensions that exist for clients, by id; one that an endpoint names too follows the endpoint. What is not listed does not exist.',
  { pattern: ID, expected: 'an extension id such as io.modelcontextprotocol/tasks' },
  section('For whom the extension exists.', { to: GRANT }),
);
