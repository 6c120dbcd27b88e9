//! Who is left out of an upload because of what they agreed to.

use crate::access::Settings;
use crate::contacts::Standing;
use crate::kernel::category::Category;

/// Whether somebody with this standing must not get messages of the category: they stopped or refused
/// it, or it needs a grant that they never gave.
pub(super) fn is_left_out(category: Category, standing: &Standing, settings: &Settings) -> bool {
    let needs_grant = category == Category::Marketing || (settings.require_opt_in && category != Category::Authentication);
    standing.stopped_at.is_some() || standing.withdrawn & category.bit() != 0 || (needs_grant && standing.granted & category.bit() == 0)
}
