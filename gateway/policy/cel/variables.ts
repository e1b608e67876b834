// The variables of conditions: how each is read from the facts, and which types the checker holds them to.
import type { ParamValue, Principal } from '../../exchange.ts';
import { claimsOf } from './claim-values.ts';
import type { Step } from './frame.ts';
import { type CelMap, Failure, Instant, type Outcome, TextSet } from './value.ts';

interface Variable {
  /** As the checker of the library takes it. */
  readonly declared: { readonly type: string } | { readonly schema: Readonly<Record<string, string>> };
  readonly read: Step;
}

const INEXACT = new Failure('a number cannot be held exactly');
const UNKNOWN = new Failure('it is not known here');

const ofType = (type: string, read: Step): Variable => ({ declared: { type }, read });

export const VARIABLES: ReadonlyMap<string, Variable> = new Map([
  ['method', ofType('string', ({ facts }) => facts.method ?? UNKNOWN)],
  ['name', ofType('string', ({ facts }) => facts.name ?? UNKNOWN)],
  ['endpoint', ofType('string', ({ facts }) => facts.endpoint)],
  ['client', ofType('string', ({ facts }) => facts.principal.client)],
  ['now', ofType('google.protobuf.Timestamp', ({ facts }) => new Instant(facts.nowMs))],
  ['args', ofType('map<string, dyn>', ({ facts }) => facts.args?.() ?? UNKNOWN)],
  [
    'params',
    ofType('map<string, dyn>', ({ facts }) => (facts.params === undefined ? UNKNOWN : new ParamMap(facts.params))),
  ],
  [
    'principal',
    {
      declared: {
        schema: {
          kind: 'string',
          issuer: 'string',
          subject: 'string',
          client: 'string',
          scopes: 'list<string>',
          groups: 'list<string>',
          claims: 'map<string, dyn>',
        },
      },
      read: (frame) => (frame.principal ??= new PrincipalMap(frame.facts.principal)),
    },
  ],
]);

class PrincipalMap implements CelMap {
  readonly kind = 'map';
  private readonly principal: Principal;
  private scopes: TextSet | undefined;
  private groups: TextSet | undefined;
  private claims: CelMap | undefined;

  constructor(principal: Principal) {
    this.principal = principal;
  }

  get(name: string): Outcome | undefined {
    const { principal } = this;
    switch (name) {
      case 'kind':
      case 'issuer':
      case 'subject':
      case 'client':
        return principal[name];
      case 'scopes':
        return (this.scopes ??= new TextSet(principal.scopes));
      case 'groups':
        return (this.groups ??= new TextSet(principal.groups));
      case 'claims':
        return (this.claims ??= claimsOf(principal.claims));
      default:
        return undefined;
    }
  }

  names(): readonly string[] {
    return ['kind', 'issuer', 'subject', 'client', 'scopes', 'groups', 'claims'];
  }
}

class ParamMap implements CelMap {
  readonly kind = 'map';
  private readonly params: ReadonlyMap<string, ParamValue>;

  constructor(params: ReadonlyMap<string, ParamValue>) {
    this.params = params;
  }

  get(name: string): Outcome | undefined {
    const value = this.params.get(name);
    if (typeof value !== 'number') return value;
    return Number.isSafeInteger(value) ? BigInt(value) : INEXACT;
  }

  names(): readonly string[] {
    return [...this.params.keys()];
  }
}
