// Tests that the gateway is invisible to the official conformance suite, and stricter than a careless server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkConformance } from './check-conformance.ts';
import { startGateway } from './start-gateway.ts';

test('the official suite says of the gateway what it says of the server behind it', { timeout: 120_000 }, async (t) => {
  const { complaints } = await checkConformance({ startFront: startGateway, signal: t.signal });
  assert.deepEqual(complaints, []);
});
