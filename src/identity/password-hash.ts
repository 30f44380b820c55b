import { createHmac, randomBytes } from 'node:crypto'
import { Refusal } from '../base/refusal.ts'
import type { Secret } from '../base/secret.ts'
import { HashLine } from './hash-line.ts'
import { passwordFormFault } from './password-form.ts'

export interface PasswordHashConfig {
  /** Default `argon2id` (RFC 9106). */
  readonly algorithm?: 'argon2id' | 'bcrypt'
  /** argon2id: default 19,456 KiB, 2 passes, 1 lane (OWASP). */
  readonly memoryKiB?: number
  readonly passes?: number
  /** bcrypt: default and at least 12. */
  readonly cost?: number
  /** Hashes at the same time, 1 to 4. Default 2. */
  readonly maxRunning?: number
  /** Default 64. */
  readonly maxWaiting?: number
  /** Keys that are not in the database; HMAC-SHA256 before hashing. New hashes use `active`. */
  readonly pepper?: { readonly active: string; readonly keys: Readonly<Record<string, Secret<Uint8Array>>> }
}

export interface PasswordHasher {
  /** @throws {Refusal} `invalid_input` for a password it would not see whole; `unavailable` when too many wait. */
  hash(password: string): Promise<string>
  /** Against a stored hash of either algorithm; against null the same work for nothing. */
  verify(password: string, stored: string | null): Promise<boolean>
  /** Whether the hash was made with other parameters than a new one would be. */
  needsRehash(stored: string): boolean
  readonly algorithm: 'argon2id' | 'bcrypt'
  /** In words, for `review`. */
  readonly description: string
}

type Settings = Required<Omit<PasswordHashConfig, 'pepper'>> & Pick<PasswordHashConfig, 'pepper'>

const DEFAULTS = {
  algorithm: 'argon2id',
  memoryKiB: 19_456,
  passes: 2,
  cost: 12,
  maxRunning: 2,
  maxWaiting: 64,
} as const
const RANGES = {
  memoryKiB: [19_456, 1_048_576],
  passes: [1, 16],
  cost: [12, 16],
  maxRunning: [1, 4],
  maxWaiting: [0, 10_000],
} as const
const ARGON2ID = 2
const PEPPERED = /^pepper:([A-Za-z0-9_-]{1,32}):(.+)$/
const ARGON2_FORM = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$/
const BCRYPT_FORM = /^\$2[aby]\$(\d{2})\$/

/** @throws {RangeError} For an unknown key, a value out of range (bcrypt below cost 12) or a pepper that is short or missing: every fault at once. */
export function passwordHasher(config: PasswordHashConfig = {}): PasswordHasher {
  const settings = parse(config)
  const line = new HashLine(settings.maxRunning, settings.maxWaiting)
  const nothing = hashOfNothing(settings)
  const season = (password: string, id: string | null) => (id === null ? password : pepper(password, settings, id))

  async function verifyStored(password: string, stored: string): Promise<boolean> {
    const { id, hash } = take(stored)
    const seasoned = season(password, id)
    if (seasoned === null) return false
    if (ARGON2_FORM.test(hash)) return line.run(async () => (await import('@node-rs/argon2')).verify(hash, seasoned))
    if (BCRYPT_FORM.test(hash)) return line.run(async () => (await import('@node-rs/bcrypt')).verify(seasoned, hash))
    return false
  }

  return {
    algorithm: settings.algorithm,
    description: `${settings.algorithm === 'argon2id' ? `argon2id, ${settings.memoryKiB} KiB, ${settings.passes} passes` : `bcrypt, cost ${settings.cost}`}${settings.pepper ? ', peppered' : ''}`,
    async hash(password) {
      const fault = passwordFormFault(password, settings.algorithm)
      if (fault !== null)
        throw new Refusal('invalid_input', {
          detail: `password ${fault}`,
          faults: [{ at: '/body/password', message: fault }],
        })
      const id = settings.pepper?.active ?? null
      const hash = await line.run(() => hashWith(settings, season(password, id) ?? ''))
      return id === null ? hash : `pepper:${id}:${hash}`
    },
    async verify(password, stored) {
      const algorithm = stored !== null && BCRYPT_FORM.test(take(stored).hash) ? 'bcrypt' : 'argon2id'
      // Such a password was never stored, so it matches nothing; the work is done all the same.
      const whole = passwordFormFault(password, algorithm) === null
      const matched = await verifyStored(whole ? password : '', stored !== null && whole ? stored : nothing)
      return matched && whole && stored !== null
    },
    needsRehash: (stored) => !isCurrent(stored, settings),
  }
}

async function hashWith({ algorithm, memoryKiB, passes, cost }: Settings, password: string): Promise<string> {
  if (algorithm === 'bcrypt') return (await import('@node-rs/bcrypt')).hash(password, cost)
  return (await import('@node-rs/argon2')).hash(password, {
    algorithm: ARGON2ID,
    memoryCost: memoryKiB,
    timeCost: passes,
    parallelism: 1,
  })
}

/** A hash in the present form that was computed from nothing: to verify against it costs what a real one costs, and nothing matches it. */
function hashOfNothing({ algorithm, memoryKiB, passes, cost, pepper: peppered }: Settings): string {
  const prefix = peppered === undefined ? '' : `pepper:${peppered.active}:`
  const base64 = (bytes: number) => randomBytes(bytes).toString('base64').replaceAll('=', '')
  if (algorithm === 'argon2id')
    return `${prefix}$argon2id$v=19$m=${memoryKiB},t=${passes},p=1$${base64(16)}$${base64(32)}`
  // bcrypt's own alphabet; the last character of the salt carries two bits, so it is one of four.
  const salt = `${randomBytes(16).toString('hex').slice(0, 21)}.`
  return `${prefix}$2b$${cost}$${salt}${randomBytes(16).toString('hex').slice(0, 30)}.`
}

function take(stored: string): { readonly id: string | null; readonly hash: string } {
  const match = PEPPERED.exec(stored)
  return { id: match?.[1] ?? null, hash: match?.[2] ?? stored }
}

/** Null when the pepper of that name is not at hand. */
function pepper(password: string, settings: Settings, id: string): string | null {
  const keys = settings.pepper?.keys ?? {}
  const key = Object.hasOwn(keys, id) ? keys[id] : undefined
  return key ? createHmac('sha256', key.reveal()).update(password).digest('base64') : null
}

function isCurrent(stored: string, settings: Settings): boolean {
  const { id, hash } = take(stored)
  if (id !== (settings.pepper?.active ?? null)) return false
  if (settings.algorithm === 'bcrypt') return Number(BCRYPT_FORM.exec(hash)?.[1]) === settings.cost
  const [, memory, passes, lanes] = ARGON2_FORM.exec(hash) ?? []
  return Number(memory) === settings.memoryKiB && Number(passes) === settings.passes && Number(lanes) === 1
}

function parse(config: PasswordHashConfig): Settings {
  const faults: string[] = []
  const known = [...Object.keys(DEFAULTS), 'pepper']
  for (const key of Object.keys(config))
    if (!known.includes(key)) faults.push(`unknown key "${key}"; it takes ${known.join(', ')}`)
  const settings: Settings = { ...DEFAULTS, ...config }
  if (settings.algorithm !== 'argon2id' && settings.algorithm !== 'bcrypt')
    faults.push('algorithm must be argon2id or bcrypt')
  for (const [name, [min, max]] of Object.entries(RANGES)) {
    const value = settings[name as keyof typeof RANGES]
    if (!(Number.isSafeInteger(value) && value >= min && value <= max))
      faults.push(`${name} is ${String(value)}; it must be a whole number from ${min} to ${max}`)
  }
  if (settings.pepper !== undefined) faults.push(...pepperFaults(settings.pepper))
  if (faults.length > 0) throw new RangeError(`passwordHash: ${faults.join('; ')}`)
  return settings
}

function pepperFaults({ active, keys }: NonNullable<PasswordHashConfig['pepper']>): readonly string[] {
  const names = Object.keys(keys ?? {})
  return [
    ...(names.includes(active) ? [] : [`pepper.keys has no key "${active}"`]),
    ...names
      .filter((name) => !/^[A-Za-z0-9_-]{1,32}$/.test(name))
      .map(() => 'a pepper has no name of 1 to 32 letters, digits, "_" or "-"'),
    ...names
      .filter((name) => !((keys[name]?.reveal().byteLength ?? 0) >= 32))
      .map((name) => `pepper "${name}" has fewer than 32 bytes`),
  ]
}
