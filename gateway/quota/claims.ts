// Works out what one request asks of which counters; for a caller who was here before, a look-up.
import type { Permitted, Principal } from '../exchange.ts';
import { matchesAny } from '../mcp/name-pattern.ts';
import { AddressKeys, type KnownAddress } from './address-keys.ts';
import { chooseShard } from './choose-shard.ts';
import { type CounterKey, toCounterKey, toShard } from './counter-key.ts';
import type { Meter } from './meter.ts';
import type { QuotaSubject } from './quota-settings.ts';
import type { Claim, Take } from './quota-store.ts';
import type { CompiledRule, RuleList } from './rule-index.ts';
import { toPayer } from './to-payer.ts';

/** The rules of one list that mean one caller. */
interface Plan {
  readonly rules: readonly CompiledRule[];
  /** Undefined when names or addresses decide each time. */
  readonly plain: Claim | undefined;
  readonly withTasks: Claim | undefined;
}

interface KnownCaller {
  /** By index of the meter. */
  readonly keys: (CounterKey | undefined)[];
  /** By index of the list. */
  readonly plans: (Plan | undefined)[];
}

export const NO_CLAIM: Claim = { takes: [], plain: 0, poll: undefined, rules: [] };

export class Claims {
  readonly #addresses = new AddressKeys();
  /** Principals live as long as their verified token is remembered. */
  readonly #callers = new WeakMap<Principal, KnownCaller>();
  readonly #shardBy: QuotaSubject | undefined;

  constructor(rules: readonly CompiledRule[]) {
    this.#shardBy = chooseShard(rules);
  }

  /** @param mayBeTask whether the answer may be a task */
  find(request: Permitted, list: RuleList, mayBeTask: boolean): Claim {
    if (list.rules.length === 0) return NO_CLAIM;
    const { principal, address, envelope } = request;
    const caller = this.#findCaller(principal);
    const plan = (caller.plans[list.index] ??= this.#makePlan(principal, caller, list));
    const fixed = mayBeTask ? plan.withTasks : plan.plain;
    if (fixed !== undefined) return fixed;
    const known = this.#addresses.get(address);
    const rules = plan.rules.filter(({ names }) => names.length === 0 || matchesName(names, envelope.name));
    const findKey = (rule: CompiledRule, meter: Meter): CounterKey =>
      this.#findKey(rule, meter, { principal, caller, list, known });
    return toClaim(rules, mayBeTask, findKey);
  }

  /** What a request without a valid token asks of the rules per address that apply to all requests. */
  findForAddress(rules: readonly CompiledRule[], address: string): Claim {
    const known = this.#addresses.get(address);
    const takes = rules.flatMap(({ per, plain }) =>
      plain
        .filter(({ isCount }) => !isCount)
        .map((meter): Take => ({ meter, key: this.#findAddressKey(per, meter, known) })),
    );
    const applied = rules.map(({ id }) => ({ id, countsTasks: false }));
    return { takes, plain: takes.length, poll: undefined, rules: applied };
  }

  toNetwork(address: string): string {
    return this.#addresses.get(address).network;
  }

  /** The name of a task: the same raw id of another upstream, or in another caller's hands, is another task. */
  toTaskKey(principal: Principal, upstream: string, id: string, endpoint: string): CounterKey {
    const { kind, issuer, subject } = principal;
    return toCounterKey(['task', kind, issuer, subject, upstream, id], this.#toShard(principal, endpoint));
  }

  #findCaller(principal: Principal): KnownCaller {
    const known = this.#callers.get(principal);
    if (known !== undefined) return known;
    const caller: KnownCaller = { keys: [], plans: [] };
    this.#callers.set(principal, caller);
    return caller;
  }

  #makePlan(principal: Principal, caller: KnownCaller, list: RuleList): Plan {
    const rules = list.rules.filter(({ fits }) => fits === undefined || fits(principal));
    if (rules.some(({ names, per }) => names.length > 0 || per.by === 'address')) {
      return { rules, plain: undefined, withTasks: undefined };
    }
    const findKey = (rule: CompiledRule, meter: Meter): CounterKey =>
      this.#findKey(rule, meter, { principal, caller, list, known: undefined });
    const plain = toClaim(rules, false, findKey);
    const countsTasks = rules.some(({ task }) => task.length > 0);
    return { rules, plain, withTasks: countsTasks ? toClaim(rules, true, findKey) : plain };
  }

  #findKey(rule: CompiledRule, meter: Meter, where: Whereabouts): CounterKey {
    const { principal, caller, list, known } = where;
    if (known !== undefined && rule.per.by === 'address') return this.#findAddressKey(rule.per, meter, known);
    const keys = rule.per.by === 'endpoint' ? list.endpointKeys : caller.keys;
    const key = keys[meter.index];
    if (key !== undefined) return key;
    const payer = toPayer(rule.per, principal, list.endpoint) ?? [];
    const shard = this.#toShard(principal, list.endpoint);
    return (keys[meter.index] = toCounterKey([meter.id, rule.per.by, ...payer], shard));
  }

  #findAddressKey(per: QuotaSubject, meter: Meter, known: KnownAddress): CounterKey {
    return (known.keys[meter.index] ??= toCounterKey(
      [meter.id, per.by, known.network],
      this.#shardBy?.by === 'address' ? toShard([known.network]) : 0,
    ));
  }

  #toShard(principal: Principal, endpoint: string): number {
    if (this.#shardBy === undefined || this.#shardBy.by === 'address') return 0;
    return toShard(toPayer(this.#shardBy, principal, endpoint) ?? []);
  }
}

interface Whereabouts {
  readonly principal: Principal;
  readonly caller: KnownCaller;
  readonly list: RuleList;
  readonly known: KnownAddress | undefined;
}

function matchesName(names: CompiledRule['names'], name: string | undefined): boolean {
  return name !== undefined && matchesAny(names, name);
}

function toClaim(
  rules: readonly CompiledRule[],
  mayBeTask: boolean,
  findKey: (rule: CompiledRule, meter: Meter) => CounterKey,
): Claim {
  const toTakes = (part: 'plain' | 'task'): Take[] =>
    rules.flatMap((rule) => rule[part].map((meter) => ({ meter, key: findKey(rule, meter) })));
  const takes = toTakes('plain');
  const plain = takes.length;
  if (mayBeTask) takes.push(...toTakes('task'));
  if (takes.length === 0) return NO_CLAIM;
  const applied = rules
    .filter((rule) => rule.plain.length > 0 || (mayBeTask && rule.task.length > 0))
    .map(({ id, task }) => ({ id, countsTasks: mayBeTask && task.length > 0 }));
  return { takes, plain, poll: undefined, rules: applied };
}
