/**
 * What `prove` costs: the whole demo in memory, again and again in one process, so that what a run keeps would show.
 * `node --expose-gc --import tsx --conditions=source bench/prove.ts [rounds]`
 */
import { trial } from '../examples/billing/trial.ts'
import { startTrial } from '../src/drill/start-trial.ts'
import { ATTACKS } from '../src/prover/attacks/attacks.ts'
import { NO_HINTS } from '../src/prover/plan/plan-config.ts'
import { planOf } from '../src/prover/plan/plan-of.ts'
import { withClient } from '../src/prover/plan/with-client.ts'
import { prove } from '../src/prover/prove.ts'

const rounds = Number(process.argv[2] ?? '8')
if (!(Number.isInteger(rounds) && rounds > 0)) throw new RangeError('the rounds are a whole number above 0')

for (let round = 1; round <= rounds; round++) {
  const cpu = process.cpuUsage()
  const started = performance.now()
  const running = await startTrial(trial)
  const plan = withClient(planOf(running.document, { ...NO_HINTS, identities: running.identities }))
  const { requests, results } = await prove(plan, running.target, {
    attacks: ATTACKS,
    limits: {
      rate: 100_000,
      maxRequests: 20_000,
      timeoutMilliseconds: 10_000,
      maxWaitSeconds: 1_000_000,
      allowWrites: true,
      scope: [],
    },
    concurrency: 4,
    safe: false,
    seed: round,
    callback: '127.0.0.1',
    signer: running.signer,
  })
  await running.close()
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(cpu)
  globalThis.gc?.()
  const { heapUsed, rss } = process.memoryUsage()
  const megabytes = (bytes: number) => Math.round(bytes / 1_048_576)
  console.log(
    `round ${round}: ${results.length} cases, ${requests} requests in ${seconds.toFixed(1)} s (${Math.round(requests / seconds)} a second, ` +
      `${Math.round((user + system) / requests)} µs of CPU a request, both sides), heap ${megabytes(heapUsed)} MB, resident ${megabytes(rss)} MB`,
  )
}
