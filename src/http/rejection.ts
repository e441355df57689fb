import { jsonName } from '../domain/names.ts';
import type { FieldError, Rejection } from '../domain/outcomes.ts';
import { toTime } from './fields.ts';
import { Problem, type ProblemError, validationProblem } from './problem.ts';

function toProblemError(error: FieldError): ProblemError {
  return { pointer: `/${jsonName(error.field)}`, code: error.code, detail: error.detail };
}

/** A domain rejection as the problem that the client gets. */
export function rejectionProblem(rejection: Rejection): Problem {
  switch (rejection.code) {
    case 'sold_out':
      return new Problem('sold_out', `Seats that can be had now: ${rejection.availableSlots}.`, {
        available_slots: rejection.availableSlots,
      });
    case 'already_reserved':
      return new Problem('already_reserved', undefined, { reservation_id: rejection.reservationId });
    case 'capacity_below_reserved':
      return new Problem('capacity_below_reserved', `At least ${rejection.minimum} is needed.`, {
        minimum: rejection.minimum,
      });
    case 'already_checked_in': {
      const checkedInAt = toTime(rejection.checkedInAt);
      return new Problem('already_checked_in', `Checked in at ${checkedInAt}.`, { checked_in_at: checkedInAt });
    }
    case 'validation_failed':
      return validationProblem(rejection.errors.map(toProblemError));
    case 'busy':
      return new Problem(
        'busy',
        'Reservations that are over are being cleared; try again in a second.',
        {},
        { 'retry-after': '1' },
      );
    default:
      return new Problem(rejection.code);
  }
}
