import type { CalibrationOptions, CalibrationResult } from '../../prover/calibrate/calibrate.ts'
import { calibrate, withCalibration } from '../../prover/calibrate/calibrate.ts'
import type { CaseResult } from '../../prover/prove.ts'
import type { Prepared } from './prove-target.ts'

/**
 * `--calibrate`: repeats what passed through a proxy of ours that simulates the fault. Prints what was noticed.
 * @returns The results, with the passes of attacks that saw nothing turned into inconclusive.
 */
export async function calibrateRun(
  { plan, target }: Prepared,
  options: CalibrationOptions,
  results: readonly CaseResult[],
): Promise<readonly CaseResult[]> {
  process.stderr.write('calibrating: what passed is tried on simulated faults\n')
  const calibrations = await calibrate(plan, target, options, results)
  process.stdout.write(`${formatCalibration(calibrations)}\n`)
  return withCalibration(results, calibrations)
}

function formatCalibration(calibrations: readonly CalibrationResult[]): string {
  const of = (outcome: CalibrationResult['outcome']) => calibrations.filter((each) => each.outcome === outcome)
  const [blind, unclear] = [of('blind'), of('unclear')]
  return [
    'Calibration of the prover (it says nothing of the API):',
    `  ${of('noticed').length} attacks noticed a simulated fault, ${blind.length} did not, ${unclear.length} could not tell, ${of('not-simulated').length} have none that can be simulated`,
    ...blind.map(
      ({ attack, operation, fault }) =>
        `  ✗ ${attack}${operation === null ? '' : ` on ${operation}`} did not notice: ${fault}; its passes are inconclusive`,
    ),
    ...unclear.map(({ attack, why }) => `  ? ${attack}: ${why}`),
    '',
  ].join('\n')
}
