"""What the command line says to people, in English and Chinese."""

# Chinese text has Chinese punctuation

from __future__ import annotations

import os
from typing import Any, Final

LANGUAGES: Final = ("en", "zh")

TABLE: Final[dict[str, tuple[str, str]]] = {
    # who holds the folder
    "holder_ended": ("The process that held the data folder has ended; going on without it.", "持有数据目录的进程已结束，本命令继续执行。"),
    "waiting_for_holder": ("Waiting for process {pid}, which holds {folder} ...", "正在等待持有 {folder} 的进程 {pid} ……"),
    "others_use_folder": (
        "Work that was asked of this process is under way; it ends when that is done (Ctrl-C: end now, jobs go on later).",
        "本进程仍有工作进行中，完成后退出（按 Ctrl-C 立即退出，任务以后继续）。",
    ),
    # serve
    "serving": (
        "JITL serves {url} (describes itself at {url}/docs). Ctrl-C ends it.",
        "JITL 服务地址：{url}（接口说明：{url}/docs）。按 Ctrl-C 退出。",
    ),
    "working": ("Worker {name} does {count} jobs at a time. Ctrl-C ends it.", "任务进程 {name} 同时执行 {count} 个任务。按 Ctrl-C 退出。"),
    "worker_alive": ("The worker takes jobs.", "任务进程正在接受任务。"),
    "worker_gone": ("No such worker takes jobs.", "没有这样的任务进程在接受任务。"),
    "first_key": ("First admin key, shown only now: {key}", "首个管理员密钥，仅显示这一次：{key}"),
    "open_address": (
        "Warning: {host} can be reached from other machines and this is plain HTTP; put TLS in front of it.",
        "警告：其他机器可以访问 {host}，且为明文 HTTP，请在前面配置 TLS。",
    ),
    "stopping": ("Ending: requests under way are answered first.", "正在退出：先完成进行中的请求。"),
    # answers
    "sources": ("Sources", "来源"),
    "compared": ("== {route} ({model}) ==", "== {route}（{model}）=="),
    "no_model": ("no model", "无模型"),
    "read_as": ("Read as: {text}", "理解为：{text}"),
    "cap_set": ("The {scope} {name} may spend: {cap}", "{scope} {name} 的上限：{cap}"),
    "route_default": ("not sure, likeliest {guess}: the configured route", "不确定，最可能是 {guess}，采用默认路由"),
    "route_taught": ("as it was taught; the model would say {guess}", "按所教的路由；模型判断为 {guess}"),
    "route_settled": ("the collections answered; by its words {guess}", "资料库给出了答案；按字面为 {guess}"),
    "answer_route": ("Route: {label} ({why}).", "路由：{label}（{why}）。"),
    "route_learnt": ("Questions like this go to {label} from now on ({lesson}).", "今后这类问题转到 {label}（{lesson}）。"),
    "route_unlearnt": ("Taken back: {lesson}.", "已撤回：{lesson}。"),
    "not_grounded": ("The collections hold no answer to this.", "资料库中没有答案。"),
    "fired": ("Correction {correction} (jitl retract takes it back)", "更正 {correction}（可用 jitl retract 撤回）"),
    "confirmed_by": ("taught by {author}, {date}", "由 {author} 于 {date} 教授"),
    "superseded": ("superseded by correction {correction}", "已被更正 {correction} 取代"),
    "notice": ("Note: {text}", "提示：{text}"),
    "answer_again": ("The answer was cut short; asking again.", "回答中断，重新提问。"),
    "no_hits": ("Nothing was found.", "没有找到结果。"),
    "nothing_here": ("There are none.", "没有记录。"),
    # teaching
    "taught": (
        "Taught: correction {correction} ({status}). It holds from the next question on.",
        "已记录更正 {correction}（{status}），下一个问题即生效。",
    ),
    "proposed": (
        "It is proposed: shown beside answers until an expert approves it.",
        "该更正待审核：在专家批准之前与原答案一同显示。",
    ),
    "conflict": ("Conflict with correction {correction}: {note}", "与更正 {correction} 冲突：{note}"),
    "batch_taught": (
        "Taught as batch {batch}: jitl corrections revert --batch {batch} takes all of it back.",
        "本批编号 {batch}：用 jitl corrections revert --batch {batch} 可全部撤回。",
    ),
    "rehearsed": ("Nothing was taught. It would be {status}.", "未做任何更改。若教授，其状态为 {status}。"),
    "conflicts_with": (
        "It contradicts {correction} by {author} ({status}): {question} {answer}",
        "与 {author} 的更正 {correction}（{status}）矛盾：{question} {answer}",
    ),
    "carries_error": ("  {number}. {document}: {quote}", "  {number}. {document}：{quote}"),
    "these_carry": ("Sentences that seem to carry the error:", "疑似包含错误的句子："),
    "tick": ("Which are wrong? Numbers, or nothing", "哪些是错的？输入编号，可留空"),
    "would_change": (
        "{count} of {looked_at} recent questions would be answered otherwise:",
        "最近 {looked_at} 个问题中有 {count} 个的回答会改变：",
    ),
    "question_changed": ("  {question} ({strength})", "  {question}（{strength}）"),
    "marked": ("Marked by correction {correction}.", "已由更正 {correction} 标记。"),
    "reverted": ("Took back {count} corrections; {left} were left.", "已撤回 {count} 条更正，另有 {left} 条未撤回。"),
    "erased": ("Erased the texts of {correction}.", "已抹除 {correction} 的文本。"),
    "really_revert": ("Take back every correction of {name}?", "撤回 {name} 的全部更正？"),
    "really_erase": ("Erase the texts of {name} for ever?", "永久抹除 {name} 的文本？"),
    "retracted": ("Retracted {correction}.", "已撤回 {correction}。"),
    # what people think of answers, and whether what was taught still holds
    "answer_id": ("Answer {answer} (jitl feedback {answer} up|down)", "答案 {answer}（可用 jitl feedback {answer} up|down 评价）"),
    "voted": ("Noted for answer {answer}: {vote}.", "已记录对答案 {answer} 的评价：{vote}。"),
    "dismissed": ("Dismissed {item}: it is in the inbox no more.", "已移除 {item}，不再出现在收件箱中。"),
    "exporting": ("Exporting", "导出"),
    "exported": ("{rows} rows written to {file}.", "已将 {rows} 行写入 {file}。"),
    "surveying": ("Finding communities", "划分社区"),
    "no_way": ("There is no way so short.", "没有这么短的路径。"),
    "way_step": ("{first} — {second}", "{first} — {second}"),
    "extraction_cost": (
        "{calls} calls for {passages} passages ({done} need none): about {tokens} tokens, {most_tokens} at most.",
        "{passages} 个段落需调用 {calls} 次（{done} 个无需调用）：约 {tokens} 个词元，最多 {most_tokens} 个。",
    ),
    "extracted": (
        "{passages} passages read ({calls} calls, {tokens} tokens): {names} names and {statements} statements; {dropped} not borne out.",
        "已读 {passages} 个段落（{calls} 次调用，{tokens} 个词元）：{names} 个名称，{statements} 条陈述；{dropped} 条无原文依据。",
    ),
    "graph_exported": ("{size} characters written to {file}.", "已将 {size} 个字符写入 {file}。"),
    "proposing": ("Asking about passages", "就段落提问"),
    "pair": ("{correction}\n  {question}\n  {answer}", "{correction}\n  {question}\n  {answer}"),
    "stated_by": ("    correction {correction}, taught by {author}, {date}", "    更正 {correction}，由 {author} 于 {date} 教授"),
    "rests_on": ("    {document}: {quote}", "    {document}：{quote}"),
    "proposed_pairs": (
        "{count} pairs proposed, for experts to approve; {tokens} tokens in {calls} calls.",
        "已提议 {count} 组问答，待专家审核；共 {calls} 次调用，{tokens} 个词元。",
    ),
    "fitting": ("Trying corrections", "检验更正"),
    "fitted_on": (
        "{collection}: {count} corrections, {near} near questions and {reworded} rewordings tried.",
        "{collection}：共 {count} 条更正，检验了 {near} 个相近问题和 {reworded} 个改写问法。",
    ),
    "threshold_before": (
        "  before: threshold {threshold}, {missed} % missed, {fired} % answered by a wrong correction",
        "  之前：阈值 {threshold}，漏答 {missed}%，误用更正 {fired}%",
    ),
    "threshold_after": (
        "  fitted: threshold {threshold}, {missed} % missed, {fired} % answered by a wrong correction",
        "  拟合：阈值 {threshold}，漏答 {missed}%，误用更正 {fired}%",
    ),
    "threshold_applied": ("  It holds from the next question on.", "  下一个问题即生效。"),
    "threshold_kept": ("  Nothing was changed.", "  未做任何更改。"),
    "threshold_reset": ("Back to the shipped threshold: {names}.", "已恢复默认阈值：{names}。"),
    "replaying": ("Asking again", "重新提问"),
    "regressed": ("Correction {correction}: {question}", "更正 {correction}：{question}"),
    "expected": ("    expected: {text}", "    应答：{text}"),
    "came_instead": ("    came instead: {text}", "    实际：{text}"),
    "because": ("    why: {text}", "    原因：{text}"),
    "replayed": (
        "{asked} questions asked: {regressions} regressions, {notes} notes.",
        "已重新提问 {asked} 个问题：{regressions} 个退步，{notes} 条提示。",
    ),
    # work
    "reading": ("Reading", "读取"),
    "asking": ("Asking", "提问"),
    "searching": ("Searching", "检索"),
    "routing": ("Routing", "分类"),
    "teaching": ("Teaching", "教授"),
    "retracting": ("Retracting", "撤回"),
    "ingested": ("{state}: {counts}", "{state}：{counts}"),
    "job_failed": ("The job failed: {error}", "任务失败：{error}"),
    "job_cancelled": (
        "The job was cancelled; what it had published stays. The same command goes on from there.",
        "任务已取消，已发布的内容保留；再次运行同一命令即可继续。",
    ),
    "remarked": ("Read, but:", "已读取，但有以下说明："),
    "not_read": ("Not read:", "未能读取："),
    "failure": ("  {name}: {reason}", "  {name}：{reason}"),
    "more_failed": (
        "... and {count} more: jitl jobs items {job} --status failed",
        "……另有 {count} 个：jitl jobs items {job} --status failed",
    ),
    "lines_failed": ("{count} of {total} lines failed.", "{total} 行中有 {count} 行失败。"),
    "job": ("Job {job}", "任务 {job}"),
    "interrupted": ("Interrupted.", "已中断。"),
    # collections, keys, doctor
    "created": ("Created {what} {name}.", "已创建 {what} {name}。"),
    "names_hidden": ("People in mail and chat of {name} get tokens from now on.", "今后读入 {name} 的邮件和聊天中的人名将以代号替换。"),
    "names_stay": ("People keep their names in {name} from now on.", "今后读入 {name} 时保留人名。"),
    "forgotten": ("{name} is read no more; what was read from it stays.", "不再读取 {name}，已读取的内容保留。"),
    "deleted": ("Deleted {what} {name}.", "已删除 {what} {name}。"),
    "revoked": ("Revoked key {key}: refused from the next request on.", "已吊销密钥 {key}，下一个请求起失效。"),
    "key_once": ("The key, shown only now: {key}", "密钥，仅显示这一次：{key}"),
    "really": ("Delete {name} and everything in it?", "删除 {name} 及其全部内容？"),
    "healthy": ("Everything works.", "一切正常。"),
    "degraded": ("It works, but not fully:", "可以使用，但部分功能受限："),
    "starting": ("It is still starting:", "正在启动："),
    "held_by": ("Served by process {pid} {address}", "由进程 {pid} 提供服务 {address}"),
    "down": ("Questions cannot be answered now:", "目前无法回答问题："),
    "indexing": ("Indexing", "建立索引"),
    "indexing_beside": (
        "Process {pid} makes the indexes anew; end it first to have damaged files removed.",
        "索引由进程 {pid} 重建；如需清除损坏的文件，请先结束该进程。",
    ),
    "fixing": ("Installing {package} ...", "正在安装 {package} ……"),
    "fixed": ("Installed {package}.", "已安装 {package}。"),
    "nothing_to_fix": ("Nothing to install.", "无需安装。"),
    "restart_server": (
        "A server runs on this folder: restart it to use what was installed.",
        "该目录上有服务在运行：请重启以使用新安装的部分。",
    ),
    "backed_up": ("Saved to {file} ({size} bytes).", "已保存到 {file}（{size} 字节）。"),
    "restored": ("Restored into {folder}.", "已恢复到 {folder}。"),
    "error": ("Error: {text}", "错误：{text}"),
    "hint": ("Hint: {text}", "建议：{text}"),
    "unexpected": (
        "Something unexpected happened: {text} (JITL_DEBUG=1 shows where).",
        "发生意外错误：{text}（设置 JITL_DEBUG=1 查看详情）。",
    ),
}


def language(chosen: str | None = None) -> str:
    """Of people at this terminal: as chosen, or as the locale says."""
    said = chosen or next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "zh" if said.lower().startswith("zh") else "en"


def say(key: str, lang: str, /, **values: Any) -> str:
    """The message of that key."""
    return TABLE[key][LANGUAGES.index(lang)].format(**values)
