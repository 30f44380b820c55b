import { afterAll, describe, expect, it } from 'vitest'
import { HELD, type Verdict } from './attacks/attack.ts'
import { closeDatabase } from './attacks/harness.ts'
import { type Away, joined, type Layer, Opened, type Strike } from './layers/layer.ts'
import { RISKS } from './layers/risks.ts'

/** Risk × layer → attacks that went through with all layers away, and are held with this one alone. */
const table: { readonly risk: string; readonly layer: string; readonly noticed: readonly string[] }[] = []
const NOTHING_AWAY: Away = {}
/** Milliseconds. Targets start inside the tests, and a database takes its time on a busy machine. */
const PATIENCE = 120_000

describe.each(RISKS)('$id: with all its layers away it is open, with one up it is held', ({ id, layers }) => {
  const open = new Opened()
  const allAway = joined(layers)
  const aloneOf = new Map(layers.map((layer) => [layer, joined(layers.filter((each) => each !== layer))]))
  const strikes = layers.flatMap(({ holds }) => holds)
  // An attack is one, however often it stands in the table: it runs once against each weakened pipeline.
  const verdicts = new Map<Away, Map<string, Promise<Verdict>>>()
  const run = (strike: Strike, away: Away): Promise<Verdict> => {
    const known = verdicts.get(away) ?? new Map<string, Promise<Verdict>>()
    verdicts.set(away, known)
    const verdict = known.get(keyOf(strike)) ?? strike.run(away, open)
    known.set(keyOf(strike), verdict)
    return verdict
  }
  const keys = new Map<Strike, string>()
  const keyOf = (strike: Strike) => keys.get(strike) ?? String(keys.set(strike, `${keys.size}`).get(strike))

  afterAll(() => open.close())

  it(
    'nothing away: every attack is held',
    async () => {
      for (const strike of strikes) expect(await run(strike, NOTHING_AWAY), strike.title).toEqual(HELD)
    },
    PATIENCE,
  )

  it(
    'everything away: every attack goes through',
    async () => {
      for (const strike of strikes) expect(await run(strike, allAway), strike.title).not.toEqual(HELD)
    },
    PATIENCE,
  )

  it.each(layers)(
    '$name alone holds its attacks',
    async (layer: Layer) => {
      const noticed: string[] = []
      for (const strike of layer.holds) {
        const verdict = await run(strike, aloneOf.get(layer) as Away)
        expect(verdict, strike.title).toEqual(HELD)
        if ((await run(strike, allAway)) !== HELD) noticed.push(strike.title)
      }
      table.push({ risk: id, layer: layer.name, noticed })
    },
    PATIENCE,
  )
})

describe('the table of layers', () => {
  it('has no empty cell', () => {
    const lines = table.flatMap(({ risk, layer, noticed }) => [
      `${risk.padEnd(6)}${layer}`,
      ...noticed.map((title) => `        ${title}`),
    ])
    console.log(`Risk × layer → attacks that notice when it goes\n${lines.join('\n')}`)
    expect(table.filter(({ noticed }) => noticed.length === 0)).toEqual([])
    expect(table.map(({ risk, layer }) => `${risk} ${layer}`)).toEqual(
      RISKS.flatMap(({ id, layers }) => layers.map(({ name }) => `${id} ${name}`)),
    )
    expect(RISKS.map(({ id }) => id)).toEqual(Array.from({ length: 10 }, (_, index) => `API${index + 1}`))
  })
})

afterAll(closeDatabase)
