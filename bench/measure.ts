import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Contender, Running } from './contenders/contender.ts'
import { load } from './load.ts'

export interface Plan {
  readonly rounds: number
  readonly connections: number
  readonly warmUpMilliseconds: number
  readonly milliseconds: number
}

/** One contender in one round. */
export interface Sample {
  /** Processor time of the whole server process, all its threads, user and system. */
  readonly microseconds: number
  readonly requestsPerSecond: number
}

export type Listening = Omit<Running, 'close'>

/** A contender in a process of its own. */
export interface Contestant {
  readonly contender: Contender
  readonly running: Listening
  readonly process: ChildProcess
}

/** Starts each contender in a process of its own, one after the other. */
export async function startAll(contenders: readonly Contender[]): Promise<readonly Contestant[]> {
  const started: Contestant[] = []
  try {
    for (const contender of contenders) started.push(await startOne(contender))
  } catch (error) {
    await endAll(started)
    throw error
  }
  return started
}

async function startOne(contender: Contender): Promise<Contestant> {
  const child = fork(new URL('./contender-process.ts', import.meta.url), [contender.name])
  const running = await Promise.race([
    once(child, 'message').then(([message]) => message as Listening),
    once(child, 'exit').then(() => Promise.reject(new Error(`${contender.name} did not start`))),
  ])
  return { contender, running, process: child }
}

export async function endAll(contestants: readonly Contestant[]): Promise<void> {
  await Promise.all(
    contestants.map(async ({ process: child }) => {
      const ended = once(child, 'exit')
      child.send('end')
      await ended
    }),
  )
}

/** Rounds over all contenders, each round in another order, so that what the machine does meanwhile falls on all of them alike. */
export async function measure(
  contestants: readonly Contestant[],
  plan: Plan,
  onRound: (round: number) => void,
): Promise<ReadonlyMap<Contender, readonly Sample[]>> {
  const samples = new Map<Contender, Sample[]>(contestants.map(({ contender }) => [contender, []]))
  for (const { running } of contestants) await load({ ...running, ...plan, milliseconds: plan.warmUpMilliseconds })
  for (let round = 0; round < plan.rounds; round++) {
    onRound(round + 1)
    const turn = round % contestants.length
    for (const contestant of [...contestants.slice(turn), ...contestants.slice(0, turn)]) {
      samples.get(contestant.contender)?.push(await sample(contestant, plan))
    }
  }
  return samples
}

async function sample({ running, process: child }: Contestant, plan: Plan): Promise<Sample> {
  const before = await used(child)
  const { requests, seconds } = await load({ ...running, ...plan })
  const after = await used(child)
  return { microseconds: (after - before) / requests, requestsPerSecond: requests / seconds }
}

async function used(child: ChildProcess): Promise<number> {
  const answer = once(child, 'message')
  child.send('used')
  const [{ user, system }] = (await answer) as [NodeJS.CpuUsage]
  return user + system
}
