import type { Checks } from '../../src/checks.ts'
import type { GateSettings } from '../../src/gate.ts'
import type { Attack, Verdict } from '../attacks/attack.ts'

/** What is taken away with a layer. */
export interface Away {
  readonly checks?: Partial<Checks>
  readonly outbound?: Partial<Checks['outbound']>
  readonly settings?: Partial<GateSettings>
  readonly rowSecurity?: false
}

/** Something that can be attacked, built with some layers away. */
export interface Ground<Target> {
  start(away: Away): Promise<Target>
  close(target: Target): Promise<void>
}

/** An attack with the ground it needs. */
export interface Strike {
  readonly title: string
  run(away: Away, open: Opened): Promise<Verdict>
}

export interface Layer {
  readonly name: string
  readonly away: Away
  /** What this layer holds with nothing else in the way. */
  readonly holds: readonly Strike[]
}

export interface Risk {
  readonly id: string
  readonly layers: readonly Layer[]
}

export function on<Target>(ground: Ground<Target>, ...attacks: readonly Attack<Target>[]): readonly Strike[] {
  return attacks.map(({ number, title, run }) => ({
    title: `${number} ${title}`,
    run: async (away, open) => run(await open.of(ground, away)),
  }))
}

/** All that these layers take away. */
export function joined(layers: readonly Layer[]): Away {
  const settings = Object.assign({}, ...layers.map(({ away }) => away.settings)) as Partial<GateSettings>
  const outbounds = layers.flatMap(({ away }) => (away.settings?.outbound ? [away.settings.outbound] : []))
  return {
    checks: Object.assign({}, ...layers.map(({ away }) => away.checks)) as Partial<Checks>,
    outbound: Object.assign({}, ...layers.map(({ away }) => away.outbound)) as Partial<Checks['outbound']>,
    settings:
      outbounds.length > 0
        ? { ...settings, outbound: Object.assign({}, ...outbounds) as Readonly<Record<string, unknown>> }
        : settings,
    ...(layers.some(({ away }) => away.rowSecurity === false) ? { rowSecurity: false } : {}),
  }
}

/** The targets of one risk: one for each ground and each set of layers away. */
export class Opened {
  readonly #targets = new Map<Ground<unknown>, Map<Away, Promise<unknown>>>()

  of<Target>(ground: Ground<Target>, away: Away): Promise<Target> {
    const known = this.#targets.get(ground) ?? new Map<Away, Promise<unknown>>()
    this.#targets.set(ground, known)
    const target = known.get(away) ?? ground.start(away)
    known.set(away, target)
    return target as Promise<Target>
  }

  async close(): Promise<void> {
    for (const [ground, targets] of this.#targets)
      for (const target of targets.values()) await ground.close(await target)
    this.#targets.clear()
  }
}
