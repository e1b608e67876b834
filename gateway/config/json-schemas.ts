// The JSON Schemas of the files a user writes, for editors.
import { z } from 'zod';
import { ACCESS } from './shape/access.ts';
import { GATEWAY } from './shape/gateway.ts';

type Schema = z.core.JSONSchema.BaseSchema;

/** Draft-07 of what may stand in each file, by name of the schema: the YAML servers of editors read no later draft. */
export function makeJsonSchemas(): ReadonlyMap<string, Schema> {
  return new Map([
    ['gateway.schema.json', { ...toSchema(GATEWAY), title: 'Tollgate gateway.yaml' }],
    ['access.schema.json', { ...toSchema(ACCESS), title: 'Tollgate access rules' }],
  ]);
}

function toSchema(shape: z.core.$ZodType): Schema {
  const schema = z.toJSONSchema(shape, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      // zod has no JSON form for a Map; in the file it is a mapping.
      if (!(zodSchema instanceof z.ZodMap)) return;
      const values = toSchema(zodSchema.valueType);
      delete values.$schema;
      Object.assign(jsonSchema, { type: 'object', additionalProperties: values });
    },
  });
  return { ...schema };
}
