import { readPrivateFile } from '../../base/private-file.ts'
import { identityOfToken } from '../../prover/plan/identity-of-token.ts'
import { BEARER } from '../../prover/plan/plan.ts'
import { NO_HINTS, type PlanConfig } from '../../prover/plan/plan-config.ts'
import { type ProveConfig, readConfig } from '../../prover/plan/read-config.ts'
import { WrongUse } from '../wrong-use.ts'
import type { ProveFlags } from './prove-options.ts'
import { isFile, readText } from './read-text.ts'

/** Where the demo writes who may attack it. */
const DEMO_IDENTITIES = 'data/prove-identities.json'
const MAX_IDENTITIES_BYTES = 1_048_576

/**
 * `turnpike.yaml`, or the file that was named, with the identities of a file of their own; null where there is neither.
 * @param target - As it was named on the command line.
 * @throws {WrongUse}
 */
export async function readProveConfig(flags: ProveFlags, target: string | undefined): Promise<ProveConfig | null> {
  const { config, identities } = flags
  const named = config ?? ((await isFile('turnpike.yaml')) ? 'turnpike.yaml' : undefined)
  const main = named === undefined ? null : understood(await readText(named), named)
  const mayBeDemo = main === null && isLikeDemo(flags, target) && (await isFile(DEMO_IDENTITIES))
  const people = identities ?? (mayBeDemo ? DEMO_IDENTITIES : undefined)
  if (people === undefined) return main
  const from = understood(await passwordsOf(people), people)
  return main ? { ...main, planConfig: { ...main.planConfig, ...only(from.planConfig) } } : from
}

/** The demo runs on this machine and publishes its own contract. To any other API its passwords would be given away. */
const isLikeDemo = ({ as, openapi, har }: ProveFlags, target: string | undefined): boolean =>
  as === undefined &&
  openapi === undefined &&
  har === undefined &&
  target !== undefined &&
  URL.canParse(target) &&
  LOOPBACK.test(new URL(target).hostname)

/** This machine, by name or address. */
export const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/** A file of passwords is its owner's alone. `turnpike.yaml` belongs into the repository, with `${NAME}` where secrets stand. */
async function passwordsOf(path: string): Promise<string> {
  const text = await readPrivateFile(path, 'The file of identities', MAX_IDENTITIES_BYTES).catch((error: Error) => {
    throw new WrongUse(error.message, { cause: error })
  })
  if (text === null) throw new WrongUse(`"${path}" cannot be read (ENOENT)`)
  return text
}

function understood(text: string, path: string): ProveConfig {
  try {
    return readConfig(text, path, process.env)
  } catch (error) {
    throw new WrongUse(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

const only = ({ identities, unsaid }: PlanConfig): Pick<PlanConfig, 'identities' | 'unsaid'> => ({
  identities,
  ...(unsaid === undefined ? {} : { unsaid }),
})

/** Identities and hints of the configuration, and identities of `--as`. @throws {WrongUse} */
export function whoAttacks(flags: ProveFlags, config: ProveConfig | null): PlanConfig {
  const told = config?.planConfig ?? { ...NO_HINTS, identities: [] }
  const given = (flags.as ?? []).map((text) => {
    const [, name, token] = /^([\w-]+)=(.+)$/s.exec(text) ?? []
    if (name === undefined || token === undefined)
      throw new WrongUse(
        'one of --as is not name=token, such as --as alice=$ALICE (is the variable set?); what was given is not shown',
      )
    return identityOfToken(name, token, BEARER)
  })
  const others = told.identities.filter(({ name }) => !given.some((each) => each.name === name))
  return {
    ...told,
    identities: [...others, ...given],
    unsaid: { ...told.unsaid, ...Object.fromEntries(given.map(({ name }) => [name, ['place'] as const])) },
  }
}
