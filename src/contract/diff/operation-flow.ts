import type { XOperation } from '../from-openapi/read-operation-extension.ts'
import type { XRule } from '../openapi/extension.ts'
import { type Change, changes } from './change.ts'
import { compareRules, EVERYBODY } from './compare-rules.ts'
import type { ComparedOperation } from './compared-operation.ts'
import { compareAllowed, compareDemand, compareMaximum, compareMinimum, compareRates, type Order } from './order.ts'
import { ruleText } from './rule-text.ts'

const NO_FLOW = { once: false, perPrincipal: null, stepUp: null, after: null, minimumSeconds: 0 } as const
const stepUpText = (rule: unknown) => (rule === null ? 'none' : ruleText(rule as XRule))

/** Order, quota and proof of a sensitive flow, and whether a repeated request is known. */
export function flowChanges({ place, before, after }: ComparedOperation): readonly Change[] {
  if (!before.contract || !after.contract) return []
  const [was, is] = [before.contract.flow ?? NO_FLOW, after.contract.flow ?? NO_FLOW]
  const of = (key: keyof typeof NO_FLOW) => ({ place, subject: `flow.${key}`, before: was[key], after: is[key] })
  const stepUp = compareRules(was.stepUp ?? EVERYBODY, is.stepUp ?? EVERYBODY)
  return [
    ...changes(compareMinimum(Number(was.once), Number(is.once)), { kind: 'flow-once', ...of('once') }),
    ...changes(compareRates(was.perPrincipal, is.perPrincipal), { kind: 'flow-quota', ...of('perPrincipal') }),
    ...changes(stepUp, { kind: 'flow-step-up', ...of('stepUp'), text: stepUpText }),
    ...changes(compareDemand(was.after, is.after), { kind: 'flow-after', ...of('after') }),
    ...changes(compareMinimum(was.minimumSeconds, is.minimumSeconds), {
      kind: 'flow-interval',
      ...of('minimumSeconds'),
    }),
    ...idempotencyChanges(place, before.contract, after.contract),
  ]
}

const ASKED: Readonly<Record<string, number>> = { none: 0, required: 2 }
const asked = ({ idempotency }: XOperation): number => ASKED[idempotency] ?? 1

function idempotencyChanges(place: Change['place'], was: XOperation, is: XOperation): readonly Change[] {
  return changes(compareMinimum(asked(was), asked(is)), {
    kind: 'idempotency',
    place,
    subject: 'idempotency',
    before: was.idempotency,
    after: is.idempotency,
  })
}

/** Signed webhooks, outbound calls, and replies that are nobody's object. */
export function trustChanges({ place, before, after }: ComparedOperation): readonly Change[] {
  const [was, is] = [before.contract, after.contract]
  if (!was || !is) return []
  const signature = (it: XOperation) =>
    it.signed && `${it.signed.sender}, ${it.signed.signatureHeader}, ${it.signed.timestampHeader}`
  const tolerance =
    was.signed && is.signed ? compareMaximum(was.signed.toleranceSeconds, is.signed.toleranceSeconds) : 'same'
  return [
    ...changes(compareDemand(signature(was), signature(is)), {
      kind: 'signature',
      place,
      subject: 'signed',
      before: signature(was),
      after: signature(is),
    }),
    ...changes(tolerance, {
      kind: 'signature-tolerance',
      place,
      subject: 'signed.toleranceSeconds',
      before: was.signed?.toleranceSeconds ?? null,
      after: is.signed?.toleranceSeconds ?? null,
    }),
    ...changes(compareAllowed(hostsOf(was.outbound), hostsOf(is.outbound)), {
      kind: 'outbound',
      place,
      subject: 'outbound',
      before: was.outbound,
      after: is.outbound,
    }),
    ...changes(uncheckedOrder(was.reply?.kind ?? null, is.reply?.kind ?? null), {
      kind: 'reply-unchecked',
      place,
      subject: 'reply',
      before: was.reply?.kind ?? null,
      after: is.reply?.kind ?? null,
    }),
  ]
}

/** Null for any host. */
function hostsOf(outbound: unknown): readonly string[] | null {
  if (outbound === null || outbound === undefined) return []
  return Array.isArray(outbound) ? outbound.map(String) : null
}

function uncheckedOrder(was: string | null, is: string | null): Order {
  if (was === is) return 'same'
  if (was === null) return 'wider'
  return is === null ? 'narrower' : 'unknown'
}
