import { contenderOf } from './contenders/all.ts'

/** One contender in a process of its own: says where it listens, answers what it has used, and ends with its parent. */
async function main(): Promise<void> {
  const contender = contenderOf(process.argv[2])
  if (!contender || !process.send)
    throw new TypeError('contender-process is forked by run.ts with the name of a contender')
  const { close, ...listening } = await contender.start()
  process.on('message', (question: 'used' | 'end') => {
    if (question === 'used') process.send?.(process.cpuUsage())
    else void close().then(() => process.exit(0))
  })
  process.on('disconnect', () => process.exit(1))
  process.send(listening)
}

void main()
