import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Attack } from '../src/prover/attack.ts'
import { ATTACKS } from '../src/prover/attacks/attacks.ts'
import { RISKS } from '../src/prover/report/run-record.ts'

// Writes docs/attacks/README.md from the attacks themselves: npx tsx --conditions=source scripts/attack-index.ts

export const ATTACK_INDEX = new URL('../docs/attacks/README.md', import.meta.url)

/** The page of a risk: `api1.md`. */
export const pageOf = ({ risk }: Attack): string => `${risk.toLowerCase()}.md`

/** The heading of an attack's section in that page. */
export const headingOf = ({ number, id }: Attack): string => `## ${number} ${id}`

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')

function rowOf(attack: Attack): string {
  const { number, id, severity, cwe, title, phase } = attack
  const link = `[\`${id}\`](${pageOf(attack)}#${number}-${id})`
  return `| ${number} | ${link} | ${severity} | ${cwe} | ${cell(title)} | ${phase === 'normal' ? '' : phase} |`
}

/** The whole page. */
export function attackIndex(): string {
  const sections = RISKS.map(([risk, title]) => {
    const rows = ATTACKS.filter((attack) => attack.risk === risk).map(rowOf)
    return `## ${risk}: ${title}\n\n| no. | id | severity | CWE | what is wrong when it goes through | phase |\n| --- | --- | --- | --- | --- | --- |\n${rows.join('\n')}`
  })
  return `${HEAD}\n\n${sections.join('\n\n')}\n`
}

const HEAD = `# The attacks

What \`turnpike prove\` tries: ${ATTACKS.length} attacks under the ten risks of the OWASP API Security Top 10, 2023. Each links to what it sends, when it counts, and to bad and fixed code.
\`--only\` takes a risk (\`API1\`), a number (\`1\`) or an id.

The severity is the usual one; a case may be better or worse, and its finding says so. *Destructive* attacks delete what they made, run late, and are left out by \`--safe\`.
*Exhausting* ones use up limits, sessions or accounts of their own, and run last.

This page is generated: \`npx tsx --conditions=source scripts/attack-index.ts\`.`

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(ATTACK_INDEX, attackIndex())
