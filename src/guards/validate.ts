import { after, type Eventually } from '../base/eventually.ts'
import { type InputFault, Refusal } from '../base/refusal.ts'
import { type AnySchema, pointerOf, type SchemaIssue } from '../contract/schema.ts'

const MAX_FAULTS = 50
/** A schema may repeat what was sent, such as the names of thousands of unknown members. */
const MAX_TEXT = 300

/**
 * Step 7: the schema itself decides, refinements included (ASVS 2.2.1). The value it returns is what handlers get.
 * @throws {Refusal} `invalid_input` with every fault at its place.
 */
export function validate(schema: AnySchema, value: unknown, at: string): Eventually<unknown> {
  return after(schema['~standard'].validate(value), (result) => {
    if (result.issues === undefined) return result.value
    const faults = result.issues.flatMap((issue) => faultsOf(issue, at)).slice(0, MAX_FAULTS)
    throw new Refusal('invalid_input', {
      faults,
      detail: faults.map((fault) => `${fault.at}: ${fault.message}`).join('; '),
    })
  })
}

/** Some schema libraries name all unknown members in one issue at their parent; each is a fault of its own here. */
function faultsOf(issue: SchemaIssue & { readonly keys?: unknown }, at: string): readonly InputFault[] {
  const place = at + pointerOf(issue)
  if (!Array.isArray(issue.keys)) return [{ at: cut(place), message: cut(issue.message) }]
  return issue.keys
    .slice(0, MAX_FAULTS)
    .map((key) => ({ at: cut(place + pointerOf({ message: '', path: [String(key)] })), message: 'is not accepted' }))
}

const cut = (text: string): string => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text)
