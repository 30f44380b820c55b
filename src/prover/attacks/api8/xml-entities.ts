import type { Attack, Case } from '../../attack.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import { plantCanary } from '../../plan/plant-canary.ts'
import { sampleOf } from '../../plan/sample.ts'
import { at } from '../../pointer.ts'
import { fail, Inconclusive, pass } from '../../verdict.ts'
import { madeThing, readBack } from '../made-thing.ts'
import { firstUser } from '../pairs.ts'
import { settled } from '../settled.ts'
import { isSystemFile } from './path-traversal.ts'

export const xmlEntities: Attack = {
  id: 'xml-entities',
  number: 113,
  risk: 'API8',
  severity: 'critical',
  cwe: 611,
  title: 'A document of the caller names files that the server reads into it',
  references: ['OWASP API8:2023', 'OWASP XXE Prevention Cheat Sheet', 'ASVS 5.0 1.5.1'],
  maxRequests: 8,
  oracle:
    'An external entity comes back as a line of /etc/passwd; or an entity of the document itself comes back replaced (medium), where the same document without one is taken.',
  fix: 'Turn DOCTYPE off in the XML parser, or take JSON only.',
  phase: 'normal',
  cases,
  async run({ operation, owner }: Case, probe) {
    if (!operation) return pass()
    const alice = probe.identity(owner)
    const draft = await probe.draft(operation, alice)
    const mediaType = xmlOf(operation) ?? 'application/xml'
    const ask = async (text: (mark: string) => string) => {
      const mark = probe.nonce()
      const answer = await settled(probe, { ...draft, mediaType, body: text(mark) }, alice)
      const back = await readBack(probe, await madeThing(probe, operation, alice, answer), answer)
      return { mark, answer, shown: `${answer.text}\n${back.text}` }
    }
    const document = (inside: string, doctype = '') =>
      `<?xml version="1.0" encoding="UTF-8"?>${doctype}${xmlBody(operation, inside)}`
    const plain = await ask((mark) => document(mark))
    if (plain.answer.status >= 400)
      throw new Inconclusive(`${operation.id} answers ${plain.answer.status} to a plain document of ours`, plain.answer)
    const file = await ask(() => document('&tp;', '<!DOCTYPE tp [<!ENTITY tp SYSTEM "file:///etc/passwd">]>'))
    if (isSystemFile(file.shown))
      return fail('an external entity shows a file of the system', plain.answer, file.answer)
    // The mark is never in the document as a whole, so that an echo of it is none.
    const inner = await ask((mark) => document('&b;', `<!DOCTYPE tp [<!ENTITY a "${mark}"><!ENTITY b "x&a;&a;x">]>`))
    return inner.shown.includes(`x${inner.mark}${inner.mark}x`)
      ? { ...fail('an entity that the document declares is replaced', plain.answer, inner.answer), severity: 'medium' }
      : pass('entities are refused or left as they are', plain.answer, file.answer, inner.answer)
  },
}

const xmlOf = ({ read }: Operation): string | null =>
  read.body?.content.find(({ mediaType }) => /[/+]xml/i.test(mediaType))?.mediaType ?? null

function* cases(plan: Plan): Generator<Case> {
  const admin = plan.identities.find(({ kind, spare }) => kind === 'admin' && !spare)
  const user = firstUser(plan) ?? admin ?? plan.identities[0]
  for (const operation of plan.operations)
    if (user && !operation.leftOut && operation.purpose !== 'auth' && xmlOf(operation) !== null)
      yield { operation, owner: (operation.access === 'admin' ? (admin ?? user) : user).name }
}

/** Elements by the names of the schema; the text stands in the first place that is free, as it is. */
function xmlBody({ read, resource }: Operation, text: string): string {
  const content = read.body?.content.find(({ mediaType }) => /[/+]xml/i.test(mediaType))
  const schema = content?.schema ?? {}
  const body = sampleOf(schema, { random: () => 0.5 })
  const planted = plantCanary(body, schema, PLACE)?.body ?? { text: PLACE }
  const named = at(schema, '/xml/name')
  const root = typeof named === 'string' ? named : (resource ?? 'root')
  return element(root, planted).replace(PLACE, () => text)
}

const PLACE = 'tpplace'

function element(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.map((each) => element(name, each)).join('')
  const inside =
    typeof value === 'object' && value !== null
      ? Object.entries(value)
          .map(([key, child]) => element(key, child))
          .join('')
      : String(value ?? '')
  return `<${name}>${inside}</${name}>`
}
