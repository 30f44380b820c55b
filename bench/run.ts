import { writeFile } from 'node:fs/promises'
import { COMPARED } from './contenders/all.ts'
import type { Contender } from './contenders/contender.ts'
import { SCALE_GROUPS } from './contenders/scale.ts'
import { endAll, measure, type Plan, startAll } from './measure.ts'
import { circumstances, comparison, growth, type Samples, type Target, targets } from './report.ts'
import { differences } from './same-work.ts'

const PLAN: Plan = { rounds: 7, connections: 20, warmUpMilliseconds: 5000, milliseconds: 2000 }
const RESULTS = new URL('./RESULTS.md', import.meta.url)

const TARGETS: readonly Target[] = [
  { title: 'bare Fastify / Turnpike (Fastify host)', of: 'bare', by: 'turnpike', atLeast: 0.55 },
  { title: 'bare Fastify / Turnpike (node:http host)', of: 'bare', by: 'turnpike-node', atLeast: 0.55 },
  { title: 'Fastify with plugins / Turnpike (Fastify host)', of: 'plugins', by: 'turnpike', atLeast: 2 },
  { title: 'the same, jwt cache on', of: 'plugins-cache', by: 'turnpike', atLeast: 2 },
]

/** Measures everything and writes RESULTS.md. No figure fails the run: it reports, whoever reads it judges. */
async function main(): Promise<void> {
  const compared = await compete('comparison', COMPARED)
  const grown = new Map<string, Samples>()
  for (const [what, contenders] of Object.entries(SCALE_GROUPS)) grown.set(what, await compete(what, contenders))
  const text = [
    '# Results of the bench',
    '',
    'Written by `npm run bench`; [README.md](README.md) says what is measured and how to read it. Medians, with the least and greatest of all rounds.',
    '',
    circumstances(PLAN, new Date()),
    '',
    '## One invoice, read by its owner',
    '',
    comparison(compared),
    '',
    '## Targets',
    '',
    targets(compared, TARGETS),
    '',
    '## What grows in the life of an API',
    '',
    growth(grown),
    '',
  ].join('\n')
  await writeFile(RESULTS, text)
  console.log(`\n${text}`)
}

async function compete(title: string, contenders: readonly Contender[]): Promise<Samples> {
  const contestants = await startAll(contenders)
  try {
    for (const { contender, running } of contestants) {
      const found = await differences(contender, running)
      if (found.length > 0) throw new Error(`the contenders do not do the same work:\n${found.join('\n')}`)
    }
    return await measure(contestants, PLAN, (round) => console.log(`${title}: round ${round} of ${PLAN.rounds}`))
  } finally {
    await endAll(contestants)
  }
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
