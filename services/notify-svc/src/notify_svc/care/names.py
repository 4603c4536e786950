"""What feasts are called."""

from collections.abc import Mapping

from notify_svc.wording.domain import Words

BIRTHDAY = Words("生日", "birthday")
FEAST_NAMES: Mapping[str, Words] = {
    "new_year": Words("元旦", "New Year"),
    "spring_festival_eve": Words("除夕", "Chinese New Year's Eve"),
    "spring_festival": Words("春节", "Chinese New Year"),
    "lantern_festival": Words("元宵节", "Lantern Festival"),
    "womens_day": Words("妇女节", "Women's Day"),
    "easter": Words("复活节", "Easter"),
    "qingming": Words("清明节", "Qingming Festival"),
    "labour_day": Words("劳动节", "Labour Day"),
    "mothers_day": Words("母亲节", "Mother's Day"),
    "dragon_boat": Words("端午节", "Dragon Boat Festival"),
    "childrens_day": Words("儿童节", "Children's Day"),
    "fathers_day": Words("父亲节", "Father's Day"),
    "qixi": Words("七夕节", "Qixi Festival"),
    "mid_autumn": Words("中秋节", "Mid-Autumn Festival"),
    "teachers_day": Words("教师节", "Teachers' Day"),
    "double_ninth": Words("重阳节", "Double Ninth Festival"),
    "national_day": Words("国庆节", "National Day"),
    "thanksgiving": Words("感恩节", "Thanksgiving"),
    "winter_solstice": Words("冬至", "Winter Solstice"),
    "laba": Words("腊八节", "Laba Festival"),
    "christmas": Words("圣诞节", "Christmas"),
}
