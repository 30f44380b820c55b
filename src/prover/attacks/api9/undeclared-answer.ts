import type { ReadResponse } from '../../../contract/from-openapi/document.ts'
import type { Attack, Case } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Operation } from '../../plan/plan.ts'
import { fail, NotTested, pass } from '../../verdict.ts'
import { readSample, readsOf, SAMPLE_REQUESTS } from '../sampled-reads.ts'
import type { SignedInCase } from '../signed-in.ts'

export const undeclaredAnswer: Attack = {
  id: 'undeclared-answer',
  number: 122,
  risk: 'API9',
  severity: 'info',
  cwe: 1059,
  title: 'A valid request is answered in a way that the document does not tell',
  references: ['OWASP API9:2023', 'OpenAPI 3.1 Responses Object', 'ASVS 5.0 4.1.1'],
  maxRequests: 1 + SAMPLE_REQUESTS,
  oracle: "The owner's valid read is answered with a status or a media type that is not declared, twice.",
  fix: 'Declare what is answered, or answer what is declared; best, generate the one from the other.',
  phase: 'normal',
  cases: (plan) => readsOf(plan, 'all').filter(({ operation }) => operation.read.responses.length > 0),
  async run(it: Case, probe) {
    const { operation, owner, control } = await readSample(probe, it as SignedInCase)
    const undeclared = undeclaredIn(operation, control.answer)
    if (undeclared === null) return pass(`${control.answer.status} is declared`, control.answer)
    const again = await probe.send(control.draft, probe.identity(owner))
    if (undeclaredIn(operation, again) === null) throw new NotTested('its answers change by themselves')
    return {
      ...fail(`${operation.id} is answered ${undeclared}, which is not declared`, again),
      // Pages where data is promised run in browsers.
      severity: /html/i.test(undeclared) ? 'low' : 'info',
    }
  },
}

function undeclaredIn({ read }: Operation, answer: Answer): string | null {
  const declared = read.responses.filter((each) => isFor(each, answer.status))
  if (declared.length === 0) return String(answer.status)
  const types = declared.flatMap(({ content }) => content.map(({ mediaType }) => mediaType))
  const type = essence(answer.headers['content-type'] ?? '')
  if (types.length === 0 || type === '' || answer.text === '') return null
  return types.some((each) => takes(essence(each), type)) ? null : `${answer.status} ${type}`
}

const isFor = ({ status }: ReadResponse, answered: number): boolean =>
  status === String(answered) ||
  status.toLowerCase() === 'default' ||
  status.toUpperCase() === `${String(answered)[0]}XX`

const essence = (mediaType: string): string => (mediaType.split(';')[0] ?? '').trim().toLowerCase()
const isJson = (type: string): boolean => /[/+]json$/.test(type)

const takes = (declared: string, type: string): boolean =>
  declared === type ||
  declared === '*/*' ||
  (declared.endsWith('/*') && type.startsWith(declared.slice(0, -1))) ||
  (isJson(declared) && isJson(type))
