// The JSON Schema of files of policy tests, for editors.
import { z } from 'zod';
import { POLICY_TESTS } from './shape/policy-tests.ts';

/** Draft-07: the YAML servers of editors read no later draft. */
export function makePolicyTestsSchema(): object {
  const schema = z.toJSONSchema(POLICY_TESTS, { target: 'draft-7', io: 'input', unrepresentable: 'any' });
  return { ...schema, title: 'Tollgate policy tests' };
}
