import type { Attack, Case, Untested } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { fail, Inconclusive, pass } from '../../verdict.ts'
import { firstUser } from '../pairs.ts'
import { settled } from '../settled.ts'
import { declaredAt } from './declared-at.ts'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Not routed, or not for this caller. */
const HELD = new Set([401, 403, 404, 405, 410, 501])

export const undocumentedMethod: Attack = {
  id: 'undocumented-method',
  number: 118,
  risk: 'API9',
  severity: 'low',
  cwe: 1059,
  title: 'A declared path answers to a method that is not declared',
  references: ['OWASP API9:2023', 'RFC 9110 section 15.5.6', 'ASVS 5.0 4.1.4'],
  maxRequests: METHODS.length * 4,
  oracle:
    'The method is answered other than 401, 403, 404, 405 or 501, and a meaningless method there and the same method on an unknown path are answered otherwise; medium where it is 2xx.',
  fix: 'Route by an explicit list of methods, answer every other with 405 and Allow, and write down what remains.',
  phase: 'destructive',
  cases,
  async run({ operation, owner, variant = '' }: Case, probe) {
    if (!operation) return pass()
    const alice = probe.identity(owner)
    const answers: Answer[] = []
    for (const method of variant.split(' ')) {
      const answer = await settled(probe, await draftOf(probe, operation, alice, method), alice)
      answers.push(answer)
      const isRouted = !HELD.has(answer.status) && (answer.status < 300 || answer.status >= 400) && answer.status < 500
      if (!isRouted || (await isSaidToAll(probe, operation, alice, method, answer))) continue
      return {
        ...fail(`${method} ${operation.path} is not declared and is answered ${answer.status}`, answer),
        severity: answer.status < 300 ? 'medium' : 'low',
      }
    }
    const broken = answers.find(({ status }) => status >= 500 && status !== 501)
    if (broken)
      throw new Inconclusive(`an undeclared method is answered ${broken.status}, which refuses nothing`, broken)
    return pass(`${variant} are not routed`, ...answers)
  },
}

/** One case for each path; what may destroy is tried only on objects that can be made for it. */
function* cases(plan: Plan): Generator<Case | Untested> {
  const admin = plan.identities.find(({ kind, spare }) => kind === 'admin' && !spare)
  const user = firstUser(plan) ?? admin
  if (!user) return
  const seen = new Set<string>()
  const usual = plan.operations.filter((each) => !each.leftOut && !['auth', 'webhook'].includes(each.purpose))
  for (const operation of [...usual].sort(
    (one, other) => Number(other.method === 'GET') - Number(one.method === 'GET'),
  )) {
    const shape = operation.path.replaceAll(/\{[^{}]{1,200}\}/g, '{}')
    if (seen.has(shape)) continue
    seen.add(shape)
    const declared = declaredAt(plan, operation.path).map(({ method }) => method)
    const canMake =
      isItem(operation) && plan.resources.some(({ name, create }) => name === operation.resource && create)
    const methods = METHODS.filter(
      (method) =>
        !declared.includes(method) &&
        (canMake || method === 'GET' || method === 'POST' || (!isItem(operation) && method !== 'DELETE')),
    )
    if (methods.length > 0)
      yield {
        operation,
        owner: (operation.access === 'admin' ? (admin ?? user) : user).name,
        variant: methods.join(' '),
      }
  }
}

const isItem = ({ path, resource }: Operation): boolean => /\}\/?$/.test(path) && resource !== null

/** An empty object: whoever routes it must say something of it, and can do nothing with it. */
async function draftOf(probe: Probe, operation: Operation, alice: Identity, method: string) {
  const things =
    isItem(operation) && method !== 'GET' && method !== 'POST'
      ? [await probe.fresh(operation.resource as string, alice)]
      : []
  const draft = await probe.draft(operation, alice, { things })
  const body = method === 'GET' || method === 'DELETE' ? undefined : {}
  return { ...draft, method, query: [], body, mediaType: 'application/json' }
}

/** Servers that answer any path, or any method, in this way have routed nothing. */
async function isSaidToAll(
  probe: Probe,
  operation: Operation,
  alice: Identity,
  method: string,
  answer: Answer,
): Promise<boolean> {
  const body = method === 'GET' || method === 'DELETE' ? undefined : {}
  const draft = { ...(await probe.draft(operation, alice)), method, query: [], body, mediaType: 'application/json' }
  const elsewhere = await probe.send({ ...draft, path: `/${probe.nonce()}` }, alice, { anyStatus: true })
  const meaningless = await probe.send({ ...draft, method: 'PROPFIND' }, alice, { anyStatus: true })
  return elsewhere.status === answer.status || meaningless.status === answer.status
}
