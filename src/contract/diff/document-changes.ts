import { canonical } from './canonical.ts'
import { type Change, changes, neutral, type Place } from './change.ts'
import type { ContractOutline, SchemeOutline } from './outline.ts'
import { own } from './own.ts'

/** Servers that one side does not have. One without TLS loosens. */
export function serverChanges(place: Place, before: readonly string[], after: readonly string[]): readonly Change[] {
  const change = (url: string, isNew: boolean) => {
    const difference = {
      kind: 'server' as const,
      place,
      subject: url,
      before: isNew ? null : url,
      after: isNew ? url : null,
    }
    if (/^http:/i.test(url)) return changes(isNew ? 'wider' : 'narrower', difference)
    return neutral({ ...difference, sentence: `the server ${url} is ${isNew ? 'new' : 'gone'}` })
  }
  return [
    ...after.filter((url) => !before.includes(url)).flatMap((url) => change(url, true)),
    ...before.filter((url) => !after.includes(url)).flatMap((url) => change(url, false)),
  ]
}

/** Ways to prove who calls. */
export function schemeChanges(
  before: ContractOutline['schemes'],
  after: ContractOutline['schemes'],
): readonly Change[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  return names.flatMap((name) => {
    const [was, is] = [own(before, name) ?? null, own(after, name) ?? null]
    const difference = { place: { section: 'schemes', key: name } as const, before: was, after: is, text: schemeText }
    if (was && is) {
      return changes(canonical(was) === canonical(is) ? 'same' : 'unknown', { kind: 'scheme-form', ...difference })
    }
    return changes(is ? 'wider' : 'narrower', { kind: 'scheme', ...difference })
  })
}

function schemeText(value: unknown): string {
  if (value === null) return 'none'
  const { type, scheme, in: where, name, bearerFormat, flows } = value as SchemeOutline
  return [type, scheme, where, name, bearerFormat, ...Object.keys(flows)].filter((part) => part !== null).join(' ')
}
