// Admits requests under the quota rules, keeps count of tasks, and gives shares back.
import type { Admitted, Authenticated, Permitted, Principal } from '../exchange.ts';
import { BlockedAddresses } from './blocked-addresses.ts';
import { Claims, NO_CLAIM } from './claims.ts';
import { fromLease, QuotaLease, toLease } from './quota-lease.ts';
import type { QuotaSettings } from './quota-settings.ts';
import { type Claim, type QuotaStore, StoreFailure, type Take, type Verdict } from './quota-store.ts';
import { type RateFields, toRateFields } from './rate-fields.ts';
import { refuseBlocked, refuseShortfall, refuseUnchecked } from './refuse-admission.ts';
import { type CompiledRule, compileRules, RuleIndex } from './rule-index.ts';
import { declaresTasks, toBegunTask } from './task-terms.ts';

export type AdmissionOutcome = 'admitted' | 'inline' | 'refused' | 'store_allowed' | 'store_denied';

export interface QuotaDeps<Grant> {
  /** Compiles whom a rule means, scopes included. */
  readonly compileGrant: (grant: Grant) => (principal: Principal) => boolean;
  /** Told once per rule that applied; of a refusal, only the rule that refused. */
  readonly onAdmission: (rule: string, outcome: AdmissionOutcome) => void;
  /** Milliseconds on a monotonic clock. */
  readonly nowMs: () => number;
}

/** A task as the upstream that runs it knows it. */
export interface TaskName {
  readonly upstream: string;
  readonly id: string;
}

export interface TaskTerms extends TaskName {
  /** As the upstream says; null: no end. */
  readonly ttlMs: number | null;
  readonly pollIntervalMs: number | undefined;
}

export interface Quota {
  /**
   * Takes the request's share of every rule that applies, of all or of none; at once, or after one round trip.
   *
   * @throws Refusal rate_limited, too_many_concurrent, too_many_tasks, polled_too_soon, quota_unavailable
   */
  readonly admit: (request: Permitted) => Admitted | Promise<Admitted>;
  /** Gives back what is held only while the request lasts; a second time does nothing. */
  readonly release: (request: Admitted) => void;
  /** The call must not become a task: its client's declaration of the extension is to be left out. */
  readonly isInline: (request: Admitted) => boolean;
  /** The answer to this call is a task; call it before `release`. */
  readonly taskBegan: (request: Admitted, task: TaskTerms) => void;
  /** A task of this caller has reached an end; saying so again frees nothing. */
  readonly taskEnded: (request: Authenticated, task: TaskName) => void;
  /**
   * Counts a request that failed authentication against the rules per address that name no method, name or caller.
   *
   * @throws Refusal rate_limited or quota_unavailable
   */
  readonly chargeAddress: (address: string, endpoint: string) => void | Promise<void>;
  /**
   * Refuses an address that such a rule has turned away, until there is room for it again; costs one look-up.
   *
   * @throws Refusal rate_limited
   */
  readonly checkAddress: (address: string, endpoint: string) => void;
  /** The fields of an answer, where the configuration wants them and a rule applied. */
  readonly toRateHeaders: (request: Admitted) => RateFields | undefined;
}

const TASKS_METHOD = 'tools/call';
const POLL_METHOD = 'tasks/get';

/** @param store kept across configurations, so that a reload gives nobody a fresh start */
export function makeQuota<Grant>(settings: QuotaSettings<Grant>, store: QuotaStore, deps: QuotaDeps<Grant>): Quota {
  const { onAdmission, nowMs } = deps;
  const rules = compileRules(settings.rules, deps.compileGrant);
  const countsTasks = rules.some(({ task }) => task.length > 0);
  const index = new RuleIndex(rules);
  const claims = new Claims(rules);
  const blocked = new BlockedAddresses();
  const blankets = new RuleIndex(rules.filter(({ per, isBlanket }) => per.by === 'address' && isBlanket));
  const hasBlankets = rules.some(({ per, isBlanket }) => per.by === 'address' && isBlanket);
  const free = new QuotaLease(NO_CLAIM, false);

  function findClaim(request: Permitted): Claim {
    const { envelope, endpoint, principal, task, edits } = request;
    const method = envelope.method.name;
    const mayBeTask = countsTasks && method === TASKS_METHOD && declaresTasks(envelope, edits);
    const claim = claims.find(request, index.find(endpoint.path, method), mayBeTask);
    if (!countsTasks || method !== POLL_METHOD || task === undefined) return claim;
    return { ...claim, poll: claims.toTaskKey(principal, task.upstream, task.id, endpoint.path) };
  }

  function settle(request: Permitted, lease: QuotaLease, verdict: Verdict): Admitted {
    if (typeof verdict === 'string') {
      lease.inline = verdict === 'inline';
      for (const { id, countsTasks } of lease.claim.rules) {
        onAdmission(id, lease.inline && countsTasks ? 'inline' : 'admitted');
      }
      return { ...request, lease: toLease(lease) };
    }
    if (verdict.take !== undefined) noteRefused(request.address, request.endpoint.path, verdict.take, verdict.waitUs);
    return refuseShortfall(verdict, request.envelope.idLiteral, toRateFields(lease));
  }

  /** A rate that turns away everything from a network is remembered; only a rate knows when there is room again. */
  function noteRefused(address: string, endpoint: string, { meter }: Take, waitUs: number): void {
    const { rule, part, limit } = meter;
    onAdmission(rule, 'refused');
    if (!hasBlankets || part !== 'rate') return;
    const scope = findBlankets(endpoint);
    if (!scope.some(({ id }) => id === rule)) return;
    blocked.add({ network: claims.toNetwork(address), scope, rule, limit, untilMs: nowMs() + waitUs / 1000 });
  }

  /** The store could not say; the strictest of the rules that applied decides. */
  function checkUnstored({ takes, rules }: Claim, error: unknown, idLiteral: string | undefined): void {
    if (!(error instanceof StoreFailure)) throw error;
    const denying = takes.find(({ meter }) => meter.onStoreFailure === 'deny')?.meter.rule;
    if (denying !== undefined) {
      onAdmission(denying, 'store_denied');
      refuseUnchecked(denying, idLiteral);
    }
    for (const { id } of rules) onAdmission(id, 'store_allowed');
  }

  function admitUnstored(request: Permitted, claim: Claim, error: unknown): Admitted {
    checkUnstored(claim, error, request.envelope.idLiteral);
    return { ...request, lease: toLease(free) };
  }

  function findBlankets(endpoint: string): readonly CompiledRule[] {
    return blankets.find(endpoint, '').rules;
  }

  return {
    admit(request) {
      const claim = findClaim(request);
      if (claim.takes.length === 0 && claim.poll === undefined) return { ...request, lease: toLease(free) };
      const lease = new QuotaLease(claim, settings.headers);
      let verdict: Verdict | Promise<Verdict>;
      try {
        verdict = store.take(lease);
      } catch (error) {
        return admitUnstored(request, claim, error);
      }
      if (!(verdict instanceof Promise)) return settle(request, lease, verdict);
      return verdict.then(
        (verdict) => settle(request, lease, verdict),
        (error: unknown) => admitUnstored(request, claim, error),
      );
    },

    release({ lease }) {
      const held = fromLease(lease);
      if (held === free || held.isReleased) return;
      held.isReleased = true;
      store.giveBack(held);
    },

    isInline: ({ lease }) => fromLease(lease).inline,

    taskBegan({ lease, principal, endpoint }, task) {
      const held = fromLease(lease);
      const { takes, plain } = held.claim;
      if (takes.length === plain || held.inline || held.isKept || held.isReleased) return;
      const key = claims.toTaskKey(principal, task.upstream, task.id, endpoint.path);
      held.isKept = true;
      store.keepTask(held, toBegunTask(key, task, takes.slice(plain), rules));
    },

    taskEnded({ principal, endpoint }, { upstream, id }) {
      if (countsTasks) store.endTask(claims.toTaskKey(principal, upstream, id, endpoint.path));
    },

    chargeAddress(address, endpoint) {
      if (!hasBlankets) return;
      const claim = claims.findForAddress(findBlankets(endpoint), address);
      if (claim.takes.length === 0) return;
      const conclude = (verdict: Verdict): void => {
        if (typeof verdict === 'string' || verdict.take === undefined) return;
        noteRefused(address, endpoint, verdict.take, verdict.waitUs);
        refuseShortfall(verdict, undefined);
      };
      const fail = (error: unknown): void => checkUnstored(claim, error, undefined);
      let verdict: Verdict | Promise<Verdict>;
      try {
        verdict = store.take(new QuotaLease(claim, false));
      } catch (error) {
        return fail(error);
      }
      return verdict instanceof Promise ? verdict.then(conclude, fail) : conclude(verdict);
    },

    checkAddress(address, endpoint) {
      if (!hasBlankets) return;
      const found = blocked.find(claims.toNetwork(address), findBlankets(endpoint), nowMs());
      if (found === undefined) return;
      onAdmission(found.rule, 'refused');
      refuseBlocked(found.rule, found.limit, Math.max(1, Math.ceil(found.untilMs - nowMs())));
    },

    toRateHeaders: ({ lease }) => toRateFields(fromLease(lease)),
  };
}
