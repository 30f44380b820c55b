import { Refusal } from '../../base/refusal.ts'
import { type AnySchema, type OutputOf, pointerOf } from '../../contract/schema.ts'
import { untilAborted } from './deadline.ts'

const MAX_ISSUES_SHOWN = 5

/** What the schema of an outbound call lets through (OWASP API10). @throws {Refusal} `upstream_failed`; the reason is private. */
export async function answerSchema<S extends AnySchema>(
  schema: S,
  value: unknown,
  signal: AbortSignal,
): Promise<OutputOf<S>> {
  const result = await untilAborted(schema['~standard'].validate(value), signal)
  if (result.issues === undefined) return result.value as OutputOf<S>
  const issues = result.issues.slice(0, MAX_ISSUES_SHOWN).map((issue) => `${pointerOf(issue) || '/'}: ${issue.message}`)
  throw new Refusal('upstream_failed', { detail: `the answer does not match its schema: ${issues.join('; ')}` })
}
