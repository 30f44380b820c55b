import type { CaseResult, Progress } from '../../prover/prove.ts'

/** One line on a terminal, rewritten as the run goes; a line now and then where the output is no terminal. */
export interface ProgressBar {
  step(result: CaseResult, progress: Progress): void
  end(): void
}

const WIDTH = 24
const EVERY_MILLISECONDS = 100
const EVERY_QUIET_MILLISECONDS = 10_000

export function progressBar(stream: NodeJS.WriteStream): ProgressBar {
  const counts = { pass: 0, fail: 0, inconclusive: 0, 'not-tested': 0 }
  const live = stream.isTTY === true
  let drawn = live ? 0 : performance.now()
  const draw = ({ done, total, requests }: Progress) => {
    const filled = total === 0 ? WIDTH : Math.round((done / total) * WIDTH)
    const line =
      `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${done}/${total}  ` +
      `${counts.pass} held, ${counts.fail} broken, ${counts.inconclusive} inconclusive, ${counts['not-tested']} not tested  ${requests} requests`
    stream.write(live ? `\r\u001b[2K${line}` : `${line}\n`)
  }
  return {
    step({ outcome }, progress) {
      counts[outcome]++
      const now = performance.now()
      if (now - drawn < (live ? EVERY_MILLISECONDS : EVERY_QUIET_MILLISECONDS) && progress.done < progress.total) return
      drawn = now
      if (live || progress.done < progress.total) draw(progress)
    },
    end() {
      if (live) stream.write('\r\u001b[2K')
    },
  }
}
