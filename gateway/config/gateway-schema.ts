// The JSON Schema of `gateway.yaml`, for editors.
import { z } from 'zod';
import { GATEWAY } from './shape/gateway.ts';

/** Draft-07 of what may stand in the file: the YAML servers of editors read no later draft. */
export function makeGatewaySchema(): z.core.JSONSchema.BaseSchema {
  return { ...toSchema(GATEWAY), title: 'Tollgate gateway.yaml' };
}

function toSchema(shape: z.core.$ZodType): z.core.JSONSchema.BaseSchema {
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
