// `identity`: who may call.
import { flag } from './flag.ts';
import { section } from './section.ts';

export const IDENTITY = section(
  'Who may call.',
  {
    anonymous: flag(
      'true: a request without a token is the principal "anonymous". Anyone who reaches the port may call.',
    ).prefault(false),
  },
  ['clockSkew', 'issuers'],
).prefault({});
