import type { Attack } from '../../attack.ts'
import { withAt } from '../../pointer.ts'
import { withIds } from './place-id.ts'
import { PRIVACY_REQUESTS } from './private-object.ts'
import { type Material, mainReads, readsBy, type Trick, tryTricks } from './variants.ts'

/** `01`, `1.0`, upper case: the check compares texts, the database does not. */
export const idSpelling: Attack = {
  id: 'id-spelling',
  number: 15,
  risk: 'API1',
  severity: 'high',
  cwe: 178,
  title: 'Another spelling of an id gets past the check',
  references: ['OWASP API1:2023', 'ASVS 5.0 1.1.1', 'CWE-639'],
  maxRequests: 18 + PRIVACY_REQUESTS,
  oracle: "The id as it is given is refused; spelled another way it shows the owner's canary.",
  fix: 'Take ids in one canonical spelling and refuse every other; decide on the loaded object, not on the text.',
  phase: 'normal',
  cases: (plan) => [...mainReads(plan), ...readsBy(plan, 'query', 'body')],
  run: (it, probe) => tryTricks(it, probe, spelled),
}

function spelled({ operation, reference, own, theirId }: Material): readonly Trick[] {
  const texts = spellings(theirId).map((text) => ({
    how: `asks with the id as ${JSON.stringify(text)}`,
    draft: withIds(operation, own, reference, [text]),
  }))
  if (reference.in !== 'body') return texts
  // In JSON the type itself is a spelling.
  const typed: unknown[] = /^\d{1,15}$/.test(theirId) ? [theirId, Number(theirId)] : []
  return [
    ...texts,
    ...typed.map((value) => ({
      how: `asks with the id as a ${typeof value}`,
      draft: { ...own, body: withAt(own.body, reference.name, value) },
    })),
  ]
}

/** Other spellings that lax readers take for the same id. */
export function spellings(id: string): readonly string[] {
  const padded = [` ${id}`, `${id} `, `${id}\u0000`]
  if (/^\d+$/.test(id)) return [`0${id}`, `${id}.0`, `+${id}`, `${id}e0`, `0x${BigInt(id).toString(16)}`, ...padded]
  const cases = [id.toUpperCase(), id.toLowerCase()].filter((each) => each !== id)
  const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)
  return [...cases, ...(isUuid ? [id.replaceAll('-', ''), `{${id}}`, `urn:uuid:${id}`] : []), ...padded]
}
