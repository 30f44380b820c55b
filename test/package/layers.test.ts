import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from './installed.ts'

interface Violation {
  readonly rule: { readonly name: string }
  readonly from: string
}

/** What the layer rules say about `src` and `examples` below a folder: `rule: file`, each once, sorted. */
function violations(folder: string): string[] {
  const cruise = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs')
  const config = join(root, '.dependency-cruiser.mjs')
  const args = [cruise, '--config', config, '--output-type', 'json', 'src', 'examples']
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28 })
  expect(stdout, stderr).not.toBe('')
  const found = (JSON.parse(stdout) as { summary: { violations: Violation[] } }).summary.violations
  return [...new Set(found.map(({ rule, from }) => `${rule.name}: ${from}`))].sort()
}

// A file, what it imports, the rules it breaks. A circle is reported once, at its first file.
const TREE: readonly (readonly [file: string, imports: string, ...rules: string[]])[] = [
  ['src/base/ground.ts', ''],
  ['src/base/rising.ts', "import '../contract/plain.ts'", 'layer-base'],
  ['src/contract/plain.ts', "import '../base/ground.ts'"],
  [
    'src/contract/kind.ts',
    "import type { Type } from '../identity/tokens.ts'\nexport type Kind = Type",
    'layer-contract',
  ],
  ['src/stores/rows.ts', "import 'kysely'\nimport '@electric-sql/pglite'\nimport '../vault/seal.ts'"],
  ['src/vault/seal.ts', "import '../contract/plain.ts'"],
  ['src/audit/log.ts', "import '../gate.ts'", 'layer-stores-vault-audit'],
  ['src/identity/tokens.ts', "import '../stores/rows.ts'\nexport type Type = 1"],
  ['src/identity/users.ts', "import 'kysely'", 'database-in-stores'],
  ['src/guards/origin.ts', "import '../base/ground.ts'\nimport './origin/allow-list.ts'"],
  ['src/guards/origin/allow-list.ts', "import '../../base/ground.ts'"],
  ['src/guards/origin-two.ts', "import './origin.ts'", 'guards-stand-alone'],
  ['src/guards/budget.ts', "import './origin/allow-list.ts'", 'guards-stand-alone'],
  ['src/guards/budget/spend.ts', "import '../origin.ts'", 'guards-stand-alone'],
  ['src/guards/checks.ts', "import 'fast-check'", 'declared-dependencies'],
  ['src/pipeline.ts', "import './guards/origin.ts'\nimport './gate.ts'"],
  [
    'src/gate.ts',
    "import type { FastifyInstance } from 'fastify'\nexport type Host = FastifyInstance",
    'fastify-in-server',
  ],
  ['src/server/host.ts', "import 'fastify'\nimport '../pipeline.ts'"],
  ['src/server/demo.ts', "import '../../examples/shop/api.ts'", 'demo-by-command-only'],
  ['src/server/self.ts', "import 'turnpike'", 'product-only'],
  ['src/server/command.ts', "import '../cli/main.ts'", 'layer-server-gateway'],
  ['src/cli/main.ts', "import '../server/host.ts'\nimport '../../examples/shop/api.ts'"],
  ['src/prover/plan.ts', "import '../contract/plain.ts'"],
  ['src/prover/oracle.ts', "import '../guards/origin.ts'", 'layer-prover'],
  ['src/index.ts', "export * from './contract/plain.ts'"],
  ['src/gateway/upstream.ts', "import '../index.ts'", 'layer-server-gateway'],
  ['src/misc/helper.ts', "import '../base/ground.ts'", 'layer-unknown'],
  ['src/contract/left.ts', "import type { Right } from './right.ts'\nexport type Left = Right | 1"],
  ['src/contract/right.ts', "import type { Left } from './left.ts'\nexport type Right = Left[]"],
  ['src/contract/egg.ts', "import './hen.ts'", 'no-circle'],
  ['src/contract/hen.ts', "import './egg.ts'"],
  ['src/base/in.ts', "import type { Out } from './out.ts'\nexport type In = Out | 1", 'no-type-circle'],
  ['src/base/out.ts', "import type { In } from './in.ts'\nexport type Out = In[]"],
  ['examples/shop/api.ts', "import 'turnpike'\nimport 'turnpike/review'\nimport 'kysely'"],
  ['examples/shop/inside.ts', "import '../../src/gate.ts'", 'examples-are-users'],
  ['examples/shop/database.ts', "import '@electric-sql/pglite'", 'database-in-examples'],
]

it('every layer rule reports what breaks it, and nothing else', () => {
  const folder = mkdtempSync(join(tmpdir(), 'turnpike-layers-'))
  try {
    for (const path of ['package.json', 'tsconfig.json']) cpSync(join(root, path), join(folder, path))
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    for (const [file, imports] of TREE) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), `${imports}\nexport const here = 1\n`)
    }
    expect(violations(folder)).toEqual(
      TREE.flatMap(([file, , ...rules]) => rules.map((rule) => `${rule}: ${file}`)).sort(),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

it('the layers hold in this repository', () => {
  expect(violations(root)).toEqual([])
})
