import { join } from 'node:path'
import type { TokenKeys } from '../identity/token-keys.ts'

export interface KeysOptions {
  /** The server's data folder. The server may be running: it notices within seconds. */
  readonly data: string
  readonly alg?: string
  readonly now?: boolean
  readonly json?: boolean
}

/** The longest life that an access token can be given. */
const LONGEST_SECONDS = 3600
/** Clocks differ, and a server looks at the file every few seconds. */
const MARGIN_SECONDS = 60

/** `turnpike keys list`: names, algorithms and states; never a key. @returns The exit code. */
export function listKeys(options: KeysOptions): Promise<number> {
  return withKeys(options, async ({ keys }) => keys)
}

/** `turnpike keys rotate`: a new key signs from now on; the old one verifies what it signed. @returns The exit code. */
export function rotateKeys(options: KeysOptions): Promise<number> {
  return withKeys(options, async ({ keys, save }) => {
    const { rotateTokenKeys, SIGNING_ALGORITHMS } = await import('../identity/token-keys.ts')
    const { alg } = options
    if (alg !== undefined && !SIGNING_ALGORITHMS.includes(alg))
      throw new RangeError(`--alg is ${alg}; it must be one of ${SIGNING_ALGORITHMS.join(', ')}`)
    return save(await rotateTokenKeys(keys, (alg ?? keys.active.alg) as TokenKeys['active']['alg']))
  })
}

/** `turnpike keys retire`: what the key signed is refused. Before its last token has run out only with `--now`. @returns The exit code. */
export function retireKey(kid: string, options: KeysOptions): Promise<number> {
  return withKeys(options, async ({ keys, save, lifetimeSeconds }) => {
    const { retireTokenKey } = await import('../identity/token-keys.ts')
    const retired = retireTokenKey(keys, kid)
    const since = keys.all.find((key) => key.kid === kid)?.verifyingSince ?? null
    const safeFrom = since === null ? null : since + (lifetimeSeconds + MARGIN_SECONDS) * 1000
    if (options.now !== true && !(safeFrom !== null && safeFrom <= Date.now()))
      throw new RangeError(
        `tokens that "${kid}" signed may still be in use${safeFrom === null ? '' : ` until ${new Date(safeFrom).toISOString()}`}; wait, or end them with --now`,
      )
    return save(retired)
  })
}

interface Opened {
  readonly keys: TokenKeys
  readonly lifetimeSeconds: number
  save(keys: TokenKeys): Promise<TokenKeys>
}

async function withKeys(options: KeysOptions, work: (opened: Opened) => Promise<TokenKeys>): Promise<number> {
  try {
    const keys = await work(await open(options.data))
    process.stdout.write(options.json === true ? `${JSON.stringify(rowsOf(keys), null, 2)}\n` : described(keys))
    return 0
  } catch (error) {
    process.stderr.write(`turnpike keys: ${error instanceof Error ? error.message : String(error)}\n`)
    return 2
  }
}

async function open(data: string): Promise<Opened> {
  const { fileKeyRing } = await import('../vault/file-key-ring.ts')
  const ring = await fileKeyRing(join(data, 'keys.json')).load()
  if (!ring) throw new TypeError(`there is no key ring in ${data}; name the data folder of the server: --data FOLDER`)
  const { fileTokenKeys } = await import('../identity/file-token-keys.ts')
  const path = join(data, 'token-keys.json')
  const file = fileTokenKeys(path)
  const stamp = await file.stamp()
  const keys = await file.load(ring)
  if (!keys) throw new TypeError(`there are no token keys in ${path}; the server makes them at its first start`)
  const { readFacts } = await import('../server/recorded-facts.ts')
  return {
    keys,
    lifetimeSeconds: (await readFacts(data))?.identity.tokens?.lifetimeSeconds ?? LONGEST_SECONDS,
    async save(changed) {
      // Two commands at once must not undo each other: a key that was retired would verify again.
      if ((await file.stamp()) !== stamp)
        throw new TypeError(`${path} was changed by somebody else just now; nothing was saved, so try again`)
      await file.save(ring, changed)
      return changed
    },
  }
}

const rowsOf = (keys: TokenKeys) =>
  keys.all.map(({ kid, alg, state, verifyingSince }) => ({
    kid,
    alg,
    state,
    verifyingSince: verifyingSince === null ? null : new Date(verifyingSince).toISOString(),
  }))

function described(keys: TokenKeys): string {
  return rowsOf(keys)
    .map(
      ({ kid, alg, state, verifyingSince }) =>
        `${kid.padEnd(14)} ${alg.padEnd(6)} ${state}${verifyingSince === null ? '' : ` since ${verifyingSince}`}\n`,
    )
    .join('')
}
