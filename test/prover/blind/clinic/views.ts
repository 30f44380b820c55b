import type { Appointment, Attachment, LabOrder, MedicalRecord, Patient, User } from './store.ts'

export const patientView = (patient: Patient) => ({ ...patient })

/** The internal note is for its author alone. */
export function recordView(record: MedicalRecord, user: User) {
  const { sharedWith, internalNote, ...rest } = record
  return { ...rest, shared: sharedWith.size > 0, ...(record.authorId === user.id ? { internalNote } : {}) }
}

export const attachmentView = ({ content, ...rest }: Attachment) => ({
  ...rest,
  size: content.length,
  url: `/attachments/${rest.id}`,
})

export const labOrderView = (order: LabOrder) => ({ ...order })

export const appointmentView = (appointment: Appointment) => ({
  ...appointment,
  amountDue: Math.max(0, appointment.fee - appointment.discount),
})
