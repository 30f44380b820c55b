import type { Attack, Case } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Plan } from '../../plan/plan.ts'
import { at } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { fail, pass } from '../../verdict.ts'
import { firstUser } from '../pairs.ts'
import { basePath } from '../path-spellings.ts'
import { settled } from '../settled.ts'
import { declaredAt } from './declared-at.ts'
import { getOf, hasContent, holdsSecrets, isOfItsOwn, requireTold } from './unlisted.ts'

const OF_COLLECTIONS = ['all', 'export', 'debug', 'internal', 'dump']
const OF_ITEMS = ['raw', 'debug', 'export', 'full', 'internal']

export const shadowSibling: Attack = {
  id: 'shadow-sibling',
  number: 119,
  risk: 'API9',
  severity: 'medium',
  cwe: 1059,
  title: 'Beside a declared path there is one that is in no document',
  references: ['OWASP API9:2023', 'ASVS 5.0 13.4.5'],
  maxRequests: OF_COLLECTIONS.length * 3,
  oracle:
    'A path such as `/users/all` or `/users/{id}/raw` is answered 2xx with content, one with a made-up name in its place is not, and the document does not declare it. High with secrets in it.',
  fix: 'Remove it, or declare it, with who may call it and what it shows.',
  phase: 'normal',
  cases,
  async run({ operation, owner, variant }: Case, probe) {
    if (!operation) return pass()
    const alice = probe.identity(owner)
    const { path } = await probe.draft(operation, alice)
    const words = variant === 'item' ? OF_ITEMS : OF_COLLECTIONS
    const answers: Answer[] = []
    for (const word of words.filter((each) => !isNamed(probe.plan, `${operation.path}/${each}`))) {
      const target = `${basePath(probe.base)}${path.replace(/\/$/, '')}/${word}`
      const answer = await settled(probe, getOf(target), alice)
      answers.push(answer)
      if (!hasContent(answer) || isObjectCalled(probe, operation.resource, answer, word)) continue
      if (!(await isOfItsOwn(probe, answer, target, alice))) continue
      return {
        ...fail(`${target} is not declared and is answered ${answer.status}`, answer),
        severity: holdsSecrets(answer.text) ? 'high' : 'medium',
      }
    }
    requireTold(answers)
    return pass('nothing stands beside it', ...answers.slice(-1))
  },
}

/** The list and the item of each resource, once. */
function* cases(plan: Plan): Generator<Case> {
  const user = firstUser(plan) ?? plan.identities[0]
  if (!user) return
  for (const resource of plan.resources) {
    const find = (id: string | null) => plan.operations.find((each) => each.id === id && !each.leftOut)
    const collection = find(resource.list) ?? find(resource.create)
    const item = find(resource.read)
    if (collection) yield { operation: collection, owner: user.name, variant: 'collection' }
    if (item && /\}\/?$/.test(item.path)) yield { operation: item, owner: user.name, variant: 'item' }
  }
}

/** Declared by its own name: that `/users/{id}` takes the word too says nothing. */
const isNamed = (plan: Plan, path: string): boolean =>
  declaredAt(plan, path).some((each) => each.path.split('/').at(-1) === path.split('/').at(-1))

/** Some objects have words for ids: a tag may be called `all`. */
function isObjectCalled(probe: Probe, resource: string | null, { json }: Answer, word: string): boolean {
  const id = probe.plan.resources.find(({ name }) => name === resource)?.id ?? 'id'
  return [id, 'id', 'slug', 'name', 'key'].some((name) => at(json, `/${name}`) === word)
}
