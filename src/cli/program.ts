import { Command, CommanderError } from 'commander'
import type { DiffOptions } from './diff.ts'
import type { DrillFlags } from './drill.ts'
import type { EvidenceOptions } from './evidence.ts'
import type { KeysOptions } from './keys.ts'
import type { LockOptions } from './lock.ts'
import { addProve } from './prove/add-prove.ts'

/**
 * Runs one command. Each is loaded when it is used, so that help loads no server, database or schema library.
 * @returns The exit code: 0 held, 1 findings, 2 wrong use.
 */
export async function runCli(args: readonly string[]): Promise<number> {
  let code = 0
  const program = new Command('turnpike')
    .description('API security by contract: review, run and explain an API.')
    .exitOverride()
    // What stands after `prove retest` is its own, although prove has options of the same names.
    .enablePositionalOptions()
    .showHelpAfterError()
    .addHelpText(
      'after',
      '\nExit codes: 0 held, 1 findings, 2 wrong use. Of prove: 2 as well where nothing could be tested, 130 after Ctrl-C.',
    )

  program
    .command('demo')
    .description('serve the demo billing API on an embedded database')
    .option('--port <port>', 'port to listen on')
    .option('--data <folder>', 'folder of the database and keys')
    .action(async (options: { port?: string; data?: string }) => {
      const { runDemo } = await import('./demo.ts')
      code = await runDemo(options)
    })

  program
    .command('review')
    .description('check a contract, or an OpenAPI document, without starting it')
    .argument('<api>', 'a module that exports an api, or an OpenAPI document (.json, .yaml)')
    .option('--json', 'print JSON')
    .option('--strict', 'warnings count as findings too')
    .option('--data <folder>', 'folder of a server that ran, to judge its settings', './data')
    .option('--audit', 'ask the registry for known vulnerabilities of the dependencies')
    .action(async (file: string, options: { json?: boolean; strict?: boolean; audit?: boolean; data: string }) => {
      const { runReview } = await import('./review.ts')
      code = await runReview(file, options)
    })

  program
    .command('matrix')
    .description('print who may call what, as a file to commit')
    .argument('<api>', 'a module that exports an api')
    .option('--json', 'print JSON')
    .action(async (file: string, options: { json?: boolean }) => {
      const { runMatrix } = await import('./matrix.ts')
      code = await runMatrix(file, options)
    })

  program
    .command('diff')
    .description('name what a change of a contract loosens; fails unless the lock file acknowledges it')
    .argument(
      '<contracts...>',
      'old and new: api modules, OpenAPI documents, lock files, data folders; or one, against the lock file',
    )
    .option(
      '--lock <file>',
      'lock file to compare with and to take acknowledgements from (default: turnpike.lock.json)',
    )
    .option('--facts', 'compare the settings that two servers recorded (facts.json)')
    .option('--acknowledge <change-id>', 'this change is wanted; may be given more than once', collect)
    .option('--reason <text>', 'why it is wanted')
    .option('--until <day>', 'the last day on which that holds, for example 2027-01-31')
    .option('--json', 'print JSON')
    .action(async (names: readonly string[], options: DiffOptions) => {
      const { runDiff } = await import('./diff.ts')
      code = await runDiff(names, options)
    })

  program
    .command('lock')
    .description('write the contract of today to a lock file, to compare later ones with')
    .argument('<api>', 'a module that exports an api, or an OpenAPI document')
    .option('--file <file>', 'the lock file', 'turnpike.lock.json')
    .option('--loosened', 'agree for good to what loosens')
    .action(async (file: string, options: LockOptions) => {
      const { runLock } = await import('./lock.ts')
      code = await runLock(file, options)
    })

  program
    .command('evidence')
    .description('write what a security review asks for: scope, commit, matrix, what held and what was not tested')
    .argument('[api]', 'a module that exports an api, for the access matrix and the checklist')
    .requiredOption('--out <folder>', 'where to write it')
    .option('--run <folder>', 'of a run of prove; default: the last one')
    .option('--runs <folder>', 'where runs are kept', '.turnpike/runs')
    .option('--baseline <file>', 'what is known and accepted', 'turnpike.baseline.json')
    .option('--data <folder>', 'folder of a server that ran, to judge its settings', './data')
    .action(async (file: string | undefined, options: EvidenceOptions) => {
      const { runEvidence } = await import('./evidence.ts')
      code = await runEvidence(file, options)
    })

  program
    .command('explain')
    .description('print the steps that a request walked, and which rule decided')
    .argument('<request-id>', 'the requestId of a problem document')
    .option('--data <folder>', 'folder of the server', './data')
    .action(async (requestId: string, options: { data: string }) => {
      const { runExplain } = await import('./explain.ts')
      code = await runExplain(requestId, options)
    })

  program
    .command('audit')
    .description('work with the audit log')
    .command('verify')
    .description('check that no record was changed, removed, reordered or cut off')
    .option('--data <folder>', 'folder of the server', './data')
    .option('--json', 'print JSON')
    .action(async (options: { data: string; json?: boolean }) => {
      const { runAuditVerify } = await import('./audit-verify.ts')
      code = await runAuditVerify(options)
    })

  const keys = program.command('keys').description('work with the keys that access tokens are signed with')
  keys
    .command('list')
    .description('print their names, algorithms and states; never a key')
    .option('--data <folder>', 'folder of the server', './data')
    .option('--json', 'print JSON')
    .action(async (options: KeysOptions) => {
      code = await (await import('./keys.ts')).listKeys(options)
    })
  keys
    .command('rotate')
    .description('sign with a new key from now on; the old one still verifies')
    .option('--data <folder>', 'folder of the server, which may be running', './data')
    .option('--alg <algorithm>', 'EdDSA, ES256, RS256 or HS256 (default: as before)')
    .option('--json', 'print JSON')
    .action(async (options: KeysOptions) => {
      code = await (await import('./keys.ts')).rotateKeys(options)
    })
  keys
    .command('retire')
    .description('forget an old key: what it signed is refused')
    .argument('<kid>', 'its name, as `keys list` prints it')
    .option('--data <folder>', 'folder of the server, which may be running', './data')
    .option('--now', 'although tokens that it signed may still be in use')
    .option('--json', 'print JSON')
    .action(async (kid: string, options: KeysOptions) => {
      code = await (await import('./keys.ts')).retireKey(kid, options)
    })

  program
    .command('drill')
    .alias('mutate')
    .description('remove protections of a contract, one by one, and check that attacks (or your own tests) notice')
    .argument('<api>', 'a module that exports an api, and a trial of how to start it')
    .option('--only <names>', 'risks, kinds or ids of protections, with commas between')
    .option('--json', 'print JSON')
    .option('--strict', 'what no attack can try counts as survived')
    .option('--run <command>', 'run your own tests in place of the attacks: they must fail while a protection is away')
    .option('--timeout <seconds>', 'the most that one run of the command may take', '300')
    .action(async (file: string, flags: DrillFlags) => {
      const { runDrill } = await import('./drill.ts')
      code = await runDrill(file, flags)
    })

  addProve(program, (exit) => {
    code = exit
  })

  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    // Commander has printed the reason; help and version are no failure.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    throw error
  }
  return code
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]
