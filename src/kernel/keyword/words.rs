//! The keywords by language. Each stands as people write it; forms that fold alike stand once.

use super::Keyword::{self, Help, Start, Stop};

/// Language, meaning, words. `zh-Hant` and `zh-Hans` share words that are written alike.
pub const WORDS: &[(&str, Keyword, &[&str])] = &[
    (
        "en",
        Stop,
        &[
            "stop",
            "stop all",
            "stop everything",
            "unsubscribe",
            "unsub",
            "cancel",
            "end",
            "quit",
            "opt out",
            "opt me out",
            "revoke",
            "remove",
            "remove me",
            "td",
        ],
    ),
    ("en", Start, &["start", "unstop", "subscribe", "resubscribe", "opt in", "opt me in"]),
    ("en", Help, &["help", "info"]),
    (
        "fa",
        Stop,
        &["لغو", "لغو 11", "لغو اشتراک", "لغو عضویت", "لغو پیامک", "توقف", "قطع", "قطع پیامک", "غیر فعال", "انصراف", "حذف", "حذف شماره"],
    ),
    ("fa", Start, &["شروع", "فعال", "فعال سازی", "عضویت", "شروع دوباره", "وصل"]),
    ("fa", Help, &["راهنما", "راهنمایی", "کمک"]),
    (
        "zh-Hant",
        Stop,
        &["退訂", "請退訂", "我要退訂", "退訂謝謝", "取消訂閱", "取消簡訊", "取消", "停止", "停止發送", "拒收", "拒收簡訊", "終止", "請勿再傳"],
    ),
    (
        "zh-Hans",
        Stop,
        &["退订", "请退订", "我要退订", "退订谢谢", "取消订阅", "取消短信", "取消", "停止", "停止发送", "拒收", "拒收短信", "终止", "请勿再发"],
    ),
    ("zh-Hant", Start, &["訂閱", "恢復", "恢復訂閱", "重新訂閱", "開始"]),
    ("zh-Hans", Start, &["订阅", "恢复", "恢复订阅", "重新订阅", "开始"]),
    ("zh-Hant", Help, &["幫助", "說明", "協助"]),
    ("zh-Hans", Help, &["帮助", "说明", "协助"]),
    ("es", Stop, &["alto", "baja", "dar de baja", "darme de baja", "parar", "cancelar", "detener", "no más", "eliminar"]),
    ("es", Start, &["alta", "iniciar", "empezar", "comenzar", "reanudar", "suscribir"]),
    ("es", Help, &["ayuda", "información"]),
    ("fr", Stop, &["arrêt", "arrêter", "arrêtez", "désabonner", "se désabonner", "désinscrire", "désinscription", "annuler", "résilier"]),
    ("fr", Start, &["début", "démarrer", "commencer", "reprendre", "abonner", "s'abonner"]),
    ("fr", Help, &["aide", "renseignements"]),
];

/// Numbers that people in Iran answer with: the suffix `لغو11` of bulk texts tells them to.
pub const IRAN: &[(Keyword, &str)] = &[(Stop, "11"), (Start, "12")];

/// Words that may stand beside a keyword and change nothing, folded.
const COURTESY: &[&str] = &[
    "please", "pls", "plz", "now", "thanks", "thank", "you", "thx", "ty", "texting", "messaging", "sending", "sms", "messages", "message",
    "texts", "text", "me", "these", "لطفا", "ممنون", "مرسی", "متشکرم", "پیامک", "پیامکها", "کن", "کنید", "کنین", "شود", "میخواهم",
    "請", "请", "謝謝", "谢谢", "gracias", "favor", "por", "ya", "mensajes", "svp", "stp", "merci", "messagerie",
];

/// Whether a folded word is but courtesy.
pub fn is_courtesy(word: &str) -> bool {
    COURTESY.contains(&word)
}
