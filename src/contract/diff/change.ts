import { createHash } from 'node:crypto'
import { canonical } from './canonical.ts'
import { CHANGE_KINDS, type KindName, type Risk, type Severity } from './change-kinds.ts'
import type { Order } from './order.ts'

/** Which block of a contract a change is in; a lock file moves block by block. */
export interface Place {
  readonly section: 'servers' | 'schemes' | 'resources' | 'operations' | 'refusals' | 'settings'
  /** `GET /v1/invoices/{invoice}`, the name of a resource or scheme; empty where the section is one block. */
  readonly key: string
}

/** One difference between two contracts. Only what `loosens` needs somebody's word. */
export interface Change {
  /** Ten hex digits, the same for the same change each time: of kind, place, before and after. */
  readonly id: string
  readonly kind: KindName
  readonly risk: Risk
  readonly severity: Severity
  readonly direction: 'loosens' | 'tightens' | 'neutral'
  readonly place: Place
  /** What of the place: `limit.rate`, `/body/total maximum`. */
  readonly subject: string
  /** `GET /v1/invoices/{invoice}: access is wider: owns invoice → signedIn`. */
  readonly sentence: string
  /** What a loosening lets happen; empty otherwise. */
  readonly loosens: string
  readonly before: unknown
  readonly after: unknown
}

export interface Difference {
  readonly kind: KindName
  readonly place: Place
  readonly subject?: string
  readonly before: unknown
  readonly after: unknown
  /** How before and after read in the sentence. Default: as JSON, `none` for null. */
  readonly text?: (value: unknown) => string
  /** Instead of the words of the kind. */
  readonly sentence?: string
  readonly severity?: Severity
}

/** The change, or nothing when both sides are the same. What cannot be compared counts as loosening, and asks to be looked at. */
export function changes(order: Order, difference: Difference): readonly Change[] {
  if (order === 'same') return []
  const direction = order === 'narrower' ? 'tightens' : 'loosens'
  const { about, wider, narrower } = CHANGE_KINDS[difference.kind]
  const words = order === 'unknown' ? 'changed: look' : order === 'wider' ? wider : narrower
  return [change(direction, difference, `${about.replace('%', () => difference.subject ?? '')} ${words}`)]
}

/** A change that neither opens nor closes anything. */
export const neutral = (difference: Difference & { readonly sentence: string }): readonly Change[] => [
  change('neutral', difference, ''),
]

function change(direction: Change['direction'], difference: Difference, words: string): Change {
  const { kind, place, subject = '', before, after, text = plain, sentence } = difference
  const { risk, severity, loosens } = CHANGE_KINDS[kind]
  return {
    id: changeId(kind, place, subject, before, after),
    kind,
    risk,
    severity: direction === 'loosens' ? (difference.severity ?? severity) : 'info',
    direction,
    place,
    subject,
    sentence: `${placeName(place)}: ${sentence ?? `${words}: ${text(before)} → ${text(after)}`}`,
    loosens: direction === 'loosens' ? loosens : '',
    before,
    after,
  }
}

function changeId(kind: KindName, { section, key }: Place, subject: string, before: unknown, after: unknown): string {
  return createHash('sha256')
    .update(canonical([kind, section, key, subject, before, after]))
    .digest('hex')
    .slice(0, 10)
}

function placeName({ section, key }: Place): string {
  if (section === 'operations') return key
  const names = {
    servers: 'servers',
    schemes: 'security scheme',
    resources: 'resource',
    refusals: 'refusals',
    settings: 'settings',
  }
  return key === '' ? names[section] : `${names[section]} ${key}`
}

/** A value in a sentence. */
export function plain(value: unknown): string {
  if (value === null || value === undefined) return 'none'
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(plain).join(', ')
  return typeof value === 'object' ? canonical(value) : String(value)
}
