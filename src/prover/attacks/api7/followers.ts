import { wordsOf } from '../../plan/names.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import { urlInputs } from './url-inputs.ts'

const DELIVERS =
  /^(test|ping|verify|deliver|delivery|deliveries|send|trigger|fire|redeliver|retry|sync|refresh|fetch|import|check|validate|preview|run|notify|publish|dispatch|thumbnail|download|proxy)$/
const CALLS = /web-?hooks?|hooks?|notifications?|callbacks?|integrations?|subscriptions?/i

/**
 * Operations that may call an address which another one stored: a test of a webhook, a delivery, a preview of what stands behind it. The nearest
 * path first.
 */
export function followersOf(plan: Plan, operation: Operation): readonly Operation[] {
  const base = operation.path.replace(/\/\{[^}]+\}$/, '')
  const isNear = ({ path }: Operation) => path.startsWith(`${base}/`)
  const isRelated = (each: Operation) =>
    isNear(each) ||
    (each.resource !== null && each.resource === operation.resource) ||
    (CALLS.test(each.path) && !CALLS.test(operation.path))
  return plan.operations
    .filter(
      (each) =>
        each.id !== operation.id &&
        !each.leftOut &&
        (each.method === 'POST' || each.method === 'GET') &&
        wordsOf(lastLiteral(each.path)).some((word) => DELIVERS.test(word)) &&
        urlInputs(each).length === 0 &&
        isRelated(each),
    )
    .sort((one, other) => Number(isNear(other)) - Number(isNear(one)))
}

const lastLiteral = (path: string): string =>
  path
    .split('/')
    .filter((part) => part !== '' && !part.startsWith('{'))
    .at(-1) ?? ''
