import { after, type Eventually } from '../base/eventually.ts'
import { type InputFault, Refusal } from '../base/refusal.ts'
import { type AnySchema, pointerOf } from '../contract/schema.ts'

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
    const faults: InputFault[] = result.issues.slice(0, MAX_FAULTS).map((issue) => ({ at: cut(at + pointerOf(issue)), message: cut(issue.message) }))
    throw new Refusal('invalid_input', { faults, detail: faults.map((fault) => `${fault.at}: ${fault.message}`).join('; ') })
  })
}

const cut = (text: string): string => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text)
