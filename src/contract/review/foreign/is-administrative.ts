import type { ReadOperation } from '../../from-openapi/document.ts'
import { segmentsOf } from './words-of.ts'

const WORDS = new Set(
  'admin admins administration administrator backoffice internal superuser staff management'.split(' '),
)

/** Whether path or tags say that the operation is for those who run the API. */
export const isAdministrative = (operation: ReadOperation): boolean =>
  segmentsOf(operation).some((words) => words.some((word) => WORDS.has(word))) ||
  operation.tags.some((tag) => WORDS.has(tag.toLowerCase()))
