import type { Command } from 'commander'
import type { ProveFlags } from './prove-options.ts'

const repeated = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

/** Adds `prove` and what belongs to it. Each action loads its own code when it is used. */
export function addProve(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('prove')
    .description('attack a running API from its contract, or an api module in memory')
  withReports(withWho(command))
    .argument('[target]', 'a URL, or a module that exports an api; default: target of turnpike.yaml')
    .option('--init', 'write a first turnpike.yaml for the document, and attack nothing')
    .option('--check', 'try identities and reading operations, and attack nothing')
    .option('--plan', 'print what would be tried and what cannot be, and send nothing')
    .option('--calibrate', 'afterwards, try what passed on simulated faults: does the prover notice?')
    .option('--only <attacks>', 'risks (API1), numbers (1) or ids, with commas between')
    .option('--safe', 'leave out what destroys even its own objects')
    .option('--allow-writes', 'send writes to a target that is not loopback')
    .option('--scope <path>', 'send only below this path, or URL of the target; repeat it for more', repeated)
    .option('--callback <address>', 'an address of this machine that the target can reach')
    .option('--rate <n>', 'requests a second; default 80 on loopback, 10 elsewhere')
    .option('--concurrency <n>', 'cases at a time; default 4')
    .option('--max-requests <n>', 'requests of the whole run; default 20000')
    .option('--max-wait <seconds>', 'longest Retry-After that is waited for; default 65')
    .option('--timeout <seconds>', 'for one answer; default 10')
    .option('--seed <n>', 'repeats random choices; default 1')
    .option('--resume [run]', 'go on with the last run, or the one in this folder')
    .action(async (target: string | undefined, flags: ProveFlags) => {
      const { runProve } = await import('./prove.ts')
      exit(await runProve(target, flags))
    })

  withReports(command.command('report').description('make the reports of a run again, without running'))
    .argument('[run]', 'the folder of a run; default: the last one')
    .action(async (run: string | undefined, flags: ProveFlags) => {
      const { runProveReport } = await import('./prove-report.ts')
      exit(await runProveReport(run, flags))
    })

  withReports(withWho(command.command('retest').description('try one finding of the last run again')))
    .argument('<finding>', 'its id')
    .argument('[target]', 'default: the target of the last run')
    .action(async (id: string, target: string | undefined, flags: ProveFlags) => {
      const { runProveRetest } = await import('./prove.ts')
      exit(await runProveRetest(id, target, flags))
    })

  command
    .command('accept')
    .description('write into the baseline that a finding is known and may stay for a while')
    .argument('<finding>', 'its id')
    .option('--reason <text>', 'why it may stay')
    .option('--until <date>', 'last day on which that counts, such as 2027-03-31')
    .option('--runs <folder>', 'where runs are kept', '.turnpike/runs')
    .option('--baseline <file>', 'what is known and accepted', 'turnpike.baseline.json')
    .action(async (id: string, flags: { reason?: string; until?: string; runs: string; baseline: string }) => {
      const { runProveAccept } = await import('./prove-accept.ts')
      exit(await runProveAccept(id, flags))
    })

  withWho(command.command('token').description('print a credential of an identity, for the curl lines of a report'))
    .argument('<identity>', 'its name, such as bob')
    .argument('[target]', 'the URL; default: that of the last run, or target of turnpike.yaml')
    .option('--runs <folder>', 'where runs are kept', '.turnpike/runs')
    .action(async (name: string, target: string | undefined, flags: ProveFlags) => {
      const { runProveToken } = await import('./prove-token.ts')
      exit(await runProveToken(name, target, flags))
    })
}

const withWho = (command: Command): Command =>
  command
    .option('--openapi <file>', 'the OpenAPI document (JSON or YAML, file or URL); default: what the API publishes')
    .option('--config <file>', 'identities, hints and limits; default: turnpike.yaml, if there is one')
    .option('--identities <file>', 'who attacks; default for the demo: data/prove-identities.json')
    .option('--as <name=token>', 'an identity with a ready token; repeat it for each', repeated)
    .option('--har <file>', 'a recording in place of a document')

const withReports = (command: Command): Command =>
  command
    .option('--runs <folder>', 'where runs are kept', '.turnpike/runs')
    .option('--baseline <file>', 'what is known and accepted', 'turnpike.baseline.json')
    .option('--update-baseline', 'write into it what is new, and what is fixed')
    .option('--fail-on <severity>', 'least severity that gives exit code 1', 'low')
    .option('--json <file>', 'write the report as JSON')
    .option('--sarif <file>', 'write the report as SARIF 2.1.0')
    .option('--junit <file>', 'write the report as JUnit XML')
    .option('--html <file>', 'write the report as one HTML page')
    .option('--har-out <file>', 'write the exchanges as HAR 1.2')
