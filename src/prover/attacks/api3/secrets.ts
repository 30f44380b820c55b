import { decodeJwt } from 'jose'
import { leavesOf } from '../../pointer.ts'
import type { AttackSeverity } from '../../verdict.ts'

/** A value that no reply should hold. */
export interface Secret {
  readonly at: string
  /** `a password hash`. */
  readonly what: string
  readonly severity: AttackSeverity
}

export interface Reader {
  /** The caller's own credential, and texts that he sent himself: no secrets to him. */
  readonly own: readonly string[]
  readonly subject: string | null
  /** A thing just made may show its secret once. */
  readonly isRead: boolean
}

/** `passwordHash` → `password_hash`. */
export const snake = (name: string): string =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase()

const HASH =
  /^(\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}|\$argon2(id|i|d)\$.+|\$(scrypt|s0|7)\$.+|\$?pbkdf2[-_$].+|\$[156]\$[^$]+\$[./A-Za-z0-9]{20,}|\{S?SHA(256|512)?\}.+)$/
const PRIVATE_KEY = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/
const SERVICE_KEY =
  /^(AKIA[0-9A-Z]{16}|sk_live_[0-9A-Za-z]{16,}|gh[pousr]_[0-9A-Za-z]{36}|xox[abp]-[0-9A-Za-z-]{20,}|AIza[\w-]{35})$/

/** Never in any reply, whoever asks and whatever was just made. */
const NEVER =
  /^((hashed|encrypted)_?)?(password|passwd|pwd|passphrase)(_?(hash|digest|salt|md5|sha\d*|encrypted))?$|^(pass|pw|pin)_?hash$|^(card|login)_pin$|^salt$|^(card_)?(cvv2?|cvc2?)$|^security_answer$/
/** Shown once where they are made, and never read again. */
const ONCE =
  /^((client|app|api|shared|signing|webhook)_)?secret(_key)?$|^(private|signing|api|access)_?key$|^((totp|otp|mfa|two_factor)_)(secret|seed|key)$|^(recovery|backup)_codes?(_\d+)?$|^(password_)?(reset|verification|activation|refresh|access|auth|session|remember|bearer)_?(token|code)$/
const CARD = /card|^pan$|_pan$|cc_?num/

/** What stands in a reply and should not, by name and by shape. */
export function secretsIn(json: unknown, reader: Reader): readonly Secret[] {
  if (isDescription(json)) return []
  return [...leavesOf(json)].flatMap(({ at, value }) => {
    const found = secretIn(at, value, reader)
    return found === null ? [] : [{ at, ...found }]
  })
}

/** No word, scope or name: made by a machine, as far as looks go. */
const looksMade = (text: string): boolean =>
  /^[\w+/=.~-]{6,}$/.test(text) && (/\d/.test(text) || (/[a-z]/.test(text) && /[A-Z]/.test(text)))

/** A document of an API names its keys and shows none. */
const isDescription = (json: unknown): boolean =>
  typeof json === 'object' && json !== null && ('openapi' in json || 'swagger' in json) && 'paths' in json

function secretIn(at: string, value: unknown, reader: Reader): Omit<Secret, 'at'> | null {
  if ((typeof value !== 'string' && typeof value !== 'number') || value === '') return null
  const text = String(value)
  if (HASH.test(text)) return { what: 'a password hash', severity: 'high' }
  const parts = at.split('/')
  const name = snake(parts.findLast((part) => !/^\d+$/.test(part)) ?? '')
  if (isMasked(text) || reader.own.some((each) => each.includes(text)))
    return NEVER.test(name) && !isMasked(text) ? named(name) : null
  if (NEVER.test(name)) return named(name)
  if (CARD.test(name) && isCardNumber(text)) return { what: 'a whole card number', severity: 'high' }
  return reader.isRead ? shownAgain(name, text, reader) : null
}

const named = (name: string): Omit<Secret, 'at'> => ({ what: `"${name}"`, severity: 'high' })

function shownAgain(name: string, text: string, { subject }: Reader): Omit<Secret, 'at'> | null {
  if (PRIVATE_KEY.test(text)) return { what: 'a private key', severity: 'critical' }
  if (SERVICE_KEY.test(text)) return { what: 'a key of another service', severity: 'critical' }
  if (ONCE.test(name) && looksMade(text)) return { what: `"${name}", which is shown once at most`, severity: 'medium' }
  const other = subjectOfToken(text)
  return other !== null && subject !== null && other !== subject
    ? { what: "somebody else's token", severity: 'critical' }
    : null
}

function subjectOfToken(text: string): string | null {
  if (!/^eyJ[\w-]+\.[\w-]+\.[\w-]*$/.test(text)) return null
  try {
    return decodeJwt(text).sub ?? null
  } catch {
    return null
  }
}

/** Stars, dots or a word in place of a value; the last few characters may be left. */
export const isMasked = (text: string): boolean =>
  /[*•●█]{2,}|^[xX]{3,}|(\.{3}|…)$|^\W?(redacted|hidden|masked|filtered|protected)\W?$/i.test(text)

function isCardNumber(text: string): boolean {
  const digits = text.replaceAll(/[ -]/g, '')
  if (!/^(?:4|5[1-5]|2[2-7]|3[47]|6)\d{11,17}$/.test(digits)) return false
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const doubled = index % 2 === 0 ? Number(digit) : Number(digit) * 2
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return sum % 10 === 0
}

const PRIVATE =
  /(^|_)internal(_|$)|(^|_)(admin|staff|moderator|support)_(notes?|comments?|remarks?|only|flags?|data)$|^(private|hidden)_(notes?|comments?|data|key)|(^|_)(fraud|risk|trust)_?(score|level|flags?)?$|(^|_)(ssn|social_security(_number)?|national_id|tax_id|salary|iban|credit_score)$|(cost|purchase|wholesale)_price$|(^|_)margin$|last_login_ip$|(^|_)debug(_|$)/

/** A name that says of itself that it is not for everybody, with a value that tells something. */
export const looksPrivate = (name: string, value: unknown): boolean =>
  value !== null &&
  value !== undefined &&
  value !== '' &&
  typeof value !== 'boolean' &&
  (PRIVATE.test(snake(name)) || NEVER.test(snake(name)))

const PERSONAL =
  /^(e_?mail(_address)?|(tele)?phone(_number)?|mobile(_(number|phone))?|(date_of_)?birth(_?da(te|y))?|dob|(home|private|street|postal|billing|shipping)_address|last_(login|sign_?in|seen)(_(at|ip))?|(login_|client_)?ip(_address)?)$/

/** A contact or a trace of a person, with a value. */
export const isPersonal = (name: string, value: unknown): boolean =>
  (typeof value === 'string' || typeof value === 'number') && value !== '' && PERSONAL.test(snake(name))
